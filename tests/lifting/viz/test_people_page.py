"""Lifted people on a page: which frames, whose poses, where they are, and what was not seen."""

import numpy as np
import pytest

from lifting.skeletons import skeleton
from lifting.viz import people_page
from lifting.viz.people_page import MOST_PEOPLE, ShownPerson, people_clip
from lifting.viz.player import PlayedVideo, PoseTrack, player
from tests.lifting.viz.test_level import STANDING, people
from tests.lifting.viz.test_player import content
from tests.lifting.viz.test_video_page import pictures

JOINTS, COCO = skeleton("h36m17"), skeleton("coco17")


def shown(name, first, frames, shift=0.0, **more):
    pose = np.arange(frames)[:, None, None] + np.zeros((frames, 17, 3), np.float32) + shift
    defaults = {"known": np.ones((frames, 17), bool), "keypoints": 10 * pose[..., :2]}
    defaults |= {"keypoint_joints": COCO, "trajectory": None}
    return ShownPerson(name, np.arange(first, first + frames), pose, JOINTS, **defaults | more)


def test_people_are_on_the_frames_of_the_video_where_they_were_seen():
    one, two = shown("one", 0, 6), shown("two", 4, 6, 100.0)
    one.keypoints[4] = np.nan
    one.known[4] = False
    truth = PoseTrack("truth", np.zeros((12, 17, 3)), JOINTS)
    clip = people_clip("walk", [two, one], 50.0, (32, 24), pictures(12, 6), truth=truth)
    assert clip.frames == list(range(11))
    assert clip.fps == 50.0
    assert clip.image_frames == [0, 2, 4, 6, 8, 10]
    assert [track.name for track in clip.methods] == ["one", "two"]
    missing = [np.nan] * 5
    np.testing.assert_array_equal(clip.methods[0].poses[:, 0, 0], [0, 1, 2, 3, 4, 5, *missing])
    np.testing.assert_array_equal(
        clip.methods[1].poses[:, 0, 0], [*missing[1:], 100, 101, 102, 103, 104, 105, np.nan]
    )
    assert clip.methods[0].known[:6].all(1).tolist() == [True] * 4 + [False, True]
    assert clip.notes == [*[""] * 4, "one not seen: filled in", *[""] * 6]
    assert clip.keypoints.shape == (11, 34, 2)
    assert np.isnan(clip.keypoints[2, 17:]).all()
    assert clip.keypoints[4, 17, 0] == 1000.0
    # Bones join joints of one person, and keep its sides.
    joints = clip.keypoint_joints
    assert all((a < 17) == (b < 17) for a, b in joints.bones)
    assert joints.side(17 + COCO.index("left_knee")) == "left"
    assert len(clip.truth.poses) == 11
    assert "one not seen" in player([clip])


def test_of_many_people_those_seen_longest_are_shown():
    people = [shown(f"p{n}", 0, 3 + n) for n in range(9)]
    clip = people_clip("walk", people, 25.0)
    names = {track.name for track in clip.methods}
    assert names == {f"p{n}" for n in range(9 - MOST_PEOPLE, 9)}


def test_photographs_are_frames_of_their_own_numbers():
    one = ShownPerson("one", np.array([3, 10, 500]), np.ones((3, 17, 3)), JOINTS)
    two = ShownPerson("two", np.array([10]), 2 * np.ones((1, 17, 3)), JOINTS)
    clip = people_clip("photographs", [one, two], 1.0)
    assert clip.frames == [3, 10, 500]
    assert clip.keypoints is None
    np.testing.assert_array_equal(clip.methods[1].poses[:, 0, 0], [np.nan, 2, np.nan])
    assert clip.methods[0].known is None


def test_trajectories_and_the_times_of_a_video_come_along():
    path = np.arange(12.0).reshape(4, 3)
    one = shown("one", 1, 4, trajectory=path)
    video = PlayedVideo("video.mp4", np.arange(6) / 30, (0.5, 1.0), drawn=True)
    clip = people_clip("walk", [one], 30.0, (32, 24), video=video)
    assert clip.frames == list(range(6))
    np.testing.assert_array_equal(clip.methods[0].trajectory[1:5], path)
    assert np.isnan(clip.methods[0].trajectory[[0, 5]]).all()
    np.testing.assert_array_equal(clip.video.times, np.arange(6) / 30)


@pytest.mark.parametrize("frames", [1000, 1001])
def test_long_recordings_are_thinned_and_play_as_fast(frames, monkeypatch):
    one = shown("one", 0, frames)
    monkeypatch.setattr(people_page, "_MOST_NUMBERS", 250 * one.numbers)
    video = PlayedVideo("video.mp4", np.arange(frames) / 60)
    clip = people_clip("walk", [one], 60.0, video=video)
    stride = -(-frames // 250)
    assert clip.frames == list(range(0, frames, stride))
    assert clip.fps == 60 / stride
    np.testing.assert_allclose(clip.video.times, np.array(clip.frames) / 60)


@pytest.mark.parametrize("level", [True, False])
def test_before_a_tilted_camera_people_are_drawn_upright_and_their_numbers_stay(level):
    poses = people(STANDING, 12, (25, 0))
    person = ShownPerson("one", np.arange(12), poses, JOINTS)
    clip = people_clip("walk", [person], 25.0, level=level)
    np.testing.assert_array_equal(clip.methods[0].poses, poses)
    if not level:
        assert clip.level is None
        return
    hips, ankles = (
        poses[:, [JOINTS.index(f"{side}_{limb}") for side in ("left", "right")]].mean((0, 1))
        for limb in ("hip", "ankle")
    )
    x, y, z = clip.level @ (hips - ankles)
    assert y < -800
    assert np.hypot(x, z) < 40
    # The floor is below them, not behind.
    assert content(clip)["clips"][0]["scene"]["floor"] == pytest.approx(880, abs=60)
