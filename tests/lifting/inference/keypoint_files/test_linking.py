import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.keypoint_files.linking import FramePerson, link_tracks
from lifting.inference.options import ReadOptions
from tests.lifting.inference.keypoint_files.made_keypoints import person


def crowd(frames=30):
    """Three people side by side who walk, in another order in every frame: people and who they are."""
    rng = np.random.default_rng(0)
    walks = [person(17, frames, seed, at=(200 + 300 * seed, 400)) for seed in range(3)]
    for walk in walks:
        walk[..., 0] += 10 * np.arange(frames)[:, None]
    people, truth = [], []
    for frame in range(frames):
        for who in rng.permutation(3):
            people.append(FramePerson(frame, walks[who][frame]))
            truth.append(int(who))
    return people, truth, walks


def matches(track, walks):
    return [np.array_equal(track.keypoints, walk[track.frames][..., :2]) for walk in walks].index(
        True
    )


def test_people_are_followed_by_place_whatever_their_order():
    people, _, walks = crowd()
    tracks = link_tracks(people, "coco17", False, "x")
    assert [track.name for track in tracks] == ["person0", "person1", "person2"]
    assert {matches(track, walks) for track in tracks} == {0, 1, 2}
    assert all(len(track.frames) == 30 for track in tracks)


def test_people_are_followed_by_their_names_where_these_tell_them_apart():
    people, truth, walks = crowd()
    # Everyone jumps across the image, which nobody could follow by place.
    moved = [
        FramePerson(p.frame, p.points + np.array([1000.0 * (p.frame % 2), 0, 0]), f"id{who}")
        for p, who in zip(people, truth, strict=True)
    ]
    tracks = {t.name: t for t in link_tracks(moved, "coco17", False, "x")}
    assert set(tracks) == {"id0", "id1", "id2"}
    for who, walk in enumerate(walks):
        shift = 1000.0 * (np.arange(30) % 2)[:, None]
        np.testing.assert_allclose(tracks[f"id{who}"].keypoints[..., 0], walk[..., 0] + shift)


@pytest.mark.parametrize("name", ["the same", None])
def test_names_that_do_not_tell_people_apart_are_not_believed(name):
    people, _, walks = crowd()
    named = [FramePerson(p.frame, p.points, name if i else "first") for i, p in enumerate(people)]
    tracks = link_tracks(named, "coco17", False, "x")
    assert {matches(track, walks) for track in tracks} == {0, 1, 2}


def test_who_is_away_for_a_while_is_the_same_and_for_long_somebody_new():
    walk = person(17, 100)
    for gap, count in ((30, 1), (31, 2)):
        people = [FramePerson(t, walk[0]) for t in range(5)]
        people += [FramePerson(t, walk[0]) for t in range(4 + gap, 40)]
        assert len(link_tracks(people, "coco17", False, "x")) == count


def test_who_appears_far_from_everyone_is_somebody_new():
    walk = person(17, 10)
    diagonal = np.linalg.norm(np.ptp(walk[4, :, :2], axis=0))
    for share, count in ((0.2, 1), (0.4, 2)):
        moved = walk.copy()
        moved[5:, :, 0] += share * diagonal
        still = [FramePerson(t, points) for t, points in enumerate(np.round(moved))]
        assert len(link_tracks(still, "coco17", False, "x")) == count


@pytest.mark.parametrize("other", [1, 12, 60])
def test_a_second_detection_of_a_part_of_somebody_splits_no_track(other):
    """The face again, a little beside: nearer to the face before than the whole person is."""
    walk = person(17, 20)
    walk[..., 0] += 10 * np.arange(20)[:, None]
    part = walk[10].copy()
    part[:, 0] -= other
    part[5:] = 0
    people = [FramePerson(t, points) for t, points in enumerate(walk)]
    people.insert(10, FramePerson(10, part))
    tracks = link_tracks(people, "coco17", False, "x")
    longest = max(tracks, key=lambda track: len(track.frames))
    np.testing.assert_array_equal(longest.keypoints, walk[..., :2])
    # What is about there is the same person; what is not is one of a single frame.
    assert [len(track.frames) for track in tracks if track is not longest] == [1] * (other == 60)


def test_who_is_seen_in_part_for_a_while_is_still_the_same():
    walk = person(17, 20)
    walk[8:12, 5:] = 0
    people = [FramePerson(t, points) for t, points in enumerate(walk)]
    [track] = link_tracks(people, "coco17", False, "x")
    assert len(track.frames) == 20


def test_photographs_have_one_track_per_person():
    people, _, _ = crowd(4)
    tracks = link_tracks(people, "coco17", True, "x")
    assert len(tracks) == 12
    assert {len(track.frames) for track in tracks} == {1}
    assert [track.name for track in tracks[:4]] == ["0/0", "0/1", "0/2", "1/0"]


def test_a_video_has_images_of_one_size():
    people = [FramePerson(t, p, size=(640.0, 480.0 + t)) for t, p in enumerate(person(17, 3))]
    with pytest.raises(InputError, match=r"several sizes.*--stills"):
        link_tracks(people, "coco17", False, "x")
    assert [t.size for t in link_tracks(people, "coco17", True, "x")][2] == (640.0, 482.0)


def test_what_is_not_finite_is_missing():
    points = person(17, 1)[0]
    points[3, 0], points[4, 2] = np.nan, np.inf
    (track,) = link_tracks([FramePerson(0, points)], "coco17", False, "x")
    assert np.flatnonzero(track.confidence[0] == 0).tolist() == [3, 4]
    assert np.isfinite(track.keypoints).all()


def test_a_person_on_few_of_many_frames_is_no_video():
    points = person(17, 2)
    (track,) = link_tracks(
        [FramePerson(0, points[0], "a"), FramePerson(100_000, points[1], "a")],
        "coco17",
        False,
        "x.json",
    )
    with pytest.raises(InputError, match=r"x.json: 'a' is on 2 of the frames 0 to 100,000"):
        track.contiguous("x.json")


def test_who_is_detected_twice_on_a_photograph_is_taken_once():
    whole, face = person(17, 1)[0], person(17, 1)[0]
    face[:, :2] += 1
    face[5:] = 0
    beside = person(17, 1, at=(900, 300))[0]
    people = [FramePerson(4, points) for points in (face, whole, beside)]
    tracks = link_tracks(people, "coco17", True, "x")
    assert [track.name for track in tracks] == ["4/0", "4/1"]
    np.testing.assert_array_equal(tracks[0].keypoints[0], whole[:, :2])


@pytest.mark.real
def test_real_person_detected_twice(cases):
    path = cases / "same_person_twice/alphapose-results.json"
    (track,) = read_tracks(path, ReadOptions(width=1920, height=1080))
    assert (track.name, track.frames.tolist()) == ("person0", list(range(40)))
