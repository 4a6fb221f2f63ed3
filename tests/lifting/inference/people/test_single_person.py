"""One person, followed by its own keypoints from a frame of which nothing is known."""

import numpy as np
import pytest

from lifting.inference.detectors.checkpoint_estimator import CheckpointPoseEstimator
from lifting.inference.people.single_person import SinglePersonTracker, windows
from lifting.inference.people.tracked_people import track_people
from tests.made_dots import CROP, dot_detector, layout, paint, walk
from tests.made_lifters import save

pytestmark = pytest.mark.slow(reason="tracks whole videos", shapes=True)

SIZE = (320, 240)


class Shot:
    def __init__(self, number, people):
        self.number, self.image = number, paint(SIZE, people)


@pytest.fixture(scope="module")
def pose(tmp_path_factory):
    path = save(dot_detector(), tmp_path_factory.mktemp("dots") / "dots.ckpt")
    return CheckpointPoseEstimator(path, CROP, "cpu")


class Counting:
    """Counts how many crops are read."""

    def __init__(self, pose):
        self.pose, self.skeleton, self.crops = pose, pose.skeleton, 0

    def estimate(self, images, boxes):
        self.crops += sum(map(len, boxes))
        return self.pose.estimate(images, boxes)


def test_person_is_found_and_followed_across_the_frame(pose):
    truth, counting = walk(24), Counting(pose)
    frames = (Shot(n, [points]) for n, points in enumerate(truth))
    done = []
    tracker = SinglePersonTracker(counting, 0.1, 5)
    (person,), count = track_people(frames, tracker, 5, lambda: False, done.append)
    assert (count, done) == (24, [5, 5, 5, 5, 4])
    np.testing.assert_array_equal(person.frames, np.arange(24))
    np.testing.assert_allclose(person.keypoints[..., :2], truth, atol=0.7)
    # Once the windows, twice round what was found, and then once per frame.
    assert counting.crops == len(windows(*SIZE)) + 2 + 23


def test_who_is_out_of_sight_comes_back_as_the_same_and_after_long_as_another(pose):
    here, there = layout(40, 50, 60, 120), layout(220, 90, 50, 100)
    shown = [[here]] * 3 + [[]] * 12 + [[there]] * 12 + [[]] * 30 + [[here]] * 12
    frames = (Shot(n, people) for n, people in enumerate(shown))
    tracker = SinglePersonTracker(pose, 0.1, 20)
    people, count = track_people(frames, tracker, 8, lambda: False, lambda done: None)
    assert count == len(shown)
    assert len(people) == 2
    # Who is lost is looked for on every tenth frame.
    assert people[0].frames[:3].tolist() == [0, 1, 2]
    assert 15 <= people[0].frames[3] < 25
    np.testing.assert_allclose(people[0].keypoints[-1, :, :2], there, atol=0.7)
    assert people[0].frames[-1] == 26
    np.testing.assert_allclose(people[1].keypoints[0, :, :2], here, atol=0.7)


def test_an_empty_room_shows_nobody(pose):
    frames = (Shot(n, []) for n in range(4))
    people, count = track_people(
        frames, SinglePersonTracker(pose, 0.1, 5), 8, lambda: False, lambda done: None
    )
    assert (people, count) == ([], 4)


def test_what_was_seen_until_it_is_stopped_is_kept(pose):
    frames = (Shot(n, [layout(40, 50, 60, 120)]) for n in range(100))
    done = []
    (person,), count = track_people(
        frames, SinglePersonTracker(pose, 0.1, 5), 3, lambda: len(done) == 2, done.append
    )
    assert count == len(person.frames) == 6


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (100, 100)])
def test_windows_cover_the_frame_and_overlap_by_half(size):
    boxes = windows(*size)
    assert boxes[0].tolist() == [0, 0, *size]
    assert (boxes[:, :2] >= -1e-3).all()
    assert (boxes[:, 2:] <= np.array(size) + 1e-3).all()
    small = boxes[boxes[:, 3] - boxes[:, 1] < boxes[1:, 3].max() * 0.5]
    wide, high = (small[0, 2:] - small[0, :2]).tolist()
    half = np.array([wide, high]) / 2
    # Wherever somebody of half a window's size stands, a window holds it whole.
    for place in np.random.default_rng(0).uniform(0, np.array(size) - half, (50, 2)):
        inside = (small[:, :2] <= place + 1e-3) & (place + half <= small[:, 2:] + 1e-3)
        assert inside.all(1).any()
