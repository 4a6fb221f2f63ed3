"""People who cross, are detected twice or in part, leave and come back: generated, with who is who."""

from itertools import permutations

import numpy as np
import pytest

from lifting.inference.people.pose_tracker import PoseTracker
from tests.lifting.inference.people.made_walks import (
    alone,
    crossing,
    figure,
    named,
    outcome,
)


def pose(x, y=400.0, height=300.0, phase=1.0, facing=1, seen=slice(None)):
    points = np.zeros((17, 3))
    body = np.concatenate([height * figure(phase, facing) + (x, y), np.full((17, 1), 0.9)], 1)
    points[seen] = body[seen]
    return points


def tracked(clip, patience=25):
    return outcome(clip, named(clip, PoseTracker("coco17", patience).update))


# The least share of clips whose names are kept.
@pytest.mark.slow(reason="tracks a hundred clips")
@pytest.mark.parametrize(
    ("occlusion", "way", "least"),
    [
        pytest.param("none", "opposite", 1.0, marks=pytest.mark.exhaustive),
        pytest.param("part", "opposite", 0.9, marks=pytest.mark.exhaustive),
        ("whole", "opposite", 0.9),
        ("none", "same", 0.95),
        ("part", "back", 0.95),
    ],
)
def test_people_who_cross_keep_their_names_in_nine_of_ten_clips(occlusion, way, least):
    found = [tracked(crossing(seed, occlusion, ghosts=0.1, way=way)) for seed in range(20)]
    assert np.mean([one.kept for one in found]) >= least
    assert np.mean([one.right for one in found]) >= 0.95
    # A second detection that is far enough from the first to be somebody is rare.
    assert np.mean([one.names for one in found]) < 2.3


def test_matching_is_the_best_of_all():
    rng = np.random.default_rng(1)
    for _ in range(10):
        before = 400.0 + 40 * np.array([(0, 0), (1, 0), (0, 1), (1, 1)])
        now = before + np.array([20, 8]) + rng.uniform(-14, 14, (4, 2))
        tracker = PoseTracker("coco17", 5)
        assert tracker.update(0, [pose(*place) for place in before]) == [0, 1, 2, 3]
        found = tracker.update(1, [pose(*place) for place in now])
        # All move as wholes: the distance of keypoints is that of the places.
        way = np.linalg.norm(before[:, None] - now[None], axis=-1)
        best = min(permutations(range(4)), key=lambda row: sum(way[row[c], c] for c in range(4)))
        assert found == list(best)


def test_who_is_hidden_is_expected_to_go_on():
    """Of two places the same way from where somebody was lost, it is the one ahead."""
    tracker = PoseTracker("coco17", 25)
    for t in range(10):
        tracker.update(t, [pose(300 + 8 * t)])
    assert tracker.update(16, [pose(372 - 50), pose(372 + 50)]) == [1, 0]


def test_what_is_expected_is_bounded():
    """Who was fast and is lost for long is not expected outside of the image, but about there."""
    tracker = PoseTracker("coco17", 25)
    for t in range(10):
        tracker.update(t, [pose(300 + 60 * t)])
    assert tracker.update(30, [pose(840)]) == [0]


@pytest.mark.parametrize(("away", "who"), [(5, 0), (6, 1)])
def test_who_is_away_for_too_long_is_somebody_new(away, who):
    tracker = PoseTracker("coco17", 5)
    tracker.update(0, [pose(500)])
    for t in range(1, away):
        assert tracker.update(t, []) == []
    assert tracker.update(away, [pose(505)]) == [who]


# Names: the person's alone, and of a ghost, which is somebody for a tracker, few.
@pytest.mark.slow(reason="tracks fifty clips")
@pytest.mark.parametrize(
    ("second", "away", "names"),
    [("whole", 0, 1.0), ("face", 0, 1.6), ("ghost", 0, 2.5), ("none", 15, 1.0), ("none", 22, 1.0)],
)
def test_who_is_detected_twice_or_leaves_and_comes_back_keeps_the_name(second, away, names):
    found = [tracked(alone(seed, second, away)) for seed in range(10)]
    assert all(one.kept for one in found)
    assert np.mean([one.right for one in found]) >= 0.99
    assert np.mean([one.names for one in found]) <= names


def test_who_comes_elsewhere_or_is_of_another_size_is_somebody_else():
    for other in (pose(900), pose(520, height=160)):
        tracker = PoseTracker("coco17", 25)
        tracker.update(0, [pose(500)])
        assert tracker.update(10, [other]) == [1]


def test_a_face_beside_somebody_takes_no_name_over():
    """A face on every frame, too far off to be the same one; the person is missing now and then."""
    tracker, faces = PoseTracker("coco17", 25), set()
    for t in range(40):
        people = [pose(300 + 6 * t, phase=0.3 * t)] if t % 7 != 3 else []
        people.append(pose(325 + 6 * t, 395, seen=slice(0, 5)))
        found = tracker.update(t, people)
        if len(found) == 2:
            assert found[0] == 0
            faces.add(found[1])
    assert 0 not in faces


def test_a_second_detection_is_nobody_and_splits_nothing():
    tracker = PoseTracker("coco17", 25)
    for t in range(30):
        again = pose(502 + 9 * t, 401, phase=0.3 * t, seen=slice(0, (17, 11, 5)[t % 3]))
        again[:, 2] *= 0.8
        assert tracker.update(t, [again, pose(500 + 9 * t, phase=0.3 * t)]) == [None, 0]
