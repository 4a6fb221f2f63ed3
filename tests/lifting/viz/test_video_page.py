"""The people of a video on a page: which frames, whose poses, and what was not seen."""

import numpy as np
import pytest

from lifting.skeletons import skeleton
from lifting.viz.player import PoseTrack, player
from lifting.viz.side_by_side import DrawnPerson
from lifting.viz.video_page import MOST_PEOPLE, Thumbnails, video_clip

JOINTS = skeleton("h36m17")


def shown(name, first, frames, shift=0.0):
    pose = np.arange(frames)[:, None, None] + np.zeros((frames, 17, 3), np.float32) + shift
    seen = np.ones((frames, 17), bool)
    return DrawnPerson(name, first, 10 * pose[..., :2], seen, JOINTS, pose, seen.copy(), JOINTS)


def pictures(frames, most):
    kept = Thumbnails(frames, most)
    for number in range(frames):
        kept.add(np.zeros((24, 32, 3), np.uint8), number)
    return kept


@pytest.mark.parametrize(("frames", "most", "stride", "count"), [(9, 9, 1, 9), (100, 30, 4, 25)])
def test_pictures_are_evenly_spaced_and_no_more_than_asked(frames, most, stride, count):
    kept = pictures(frames, most)
    assert (kept.stride, len(kept.images)) == (stride, count)


def test_people_stand_side_by_side_on_the_frames_that_are_shown():
    one, two = shown("one", 0, 6), shown("two", 4, 6, 100.0)
    one.seen[4] = False
    one.known[4] = False
    truth = PoseTrack("truth", np.zeros((12, 17, 3)), JOINTS)
    clip = video_clip("walk", [two, one], pictures(12, 6), (32, 24), 50.0, truth)
    assert clip.frames == [0, 2, 4, 6, 8, 10]
    assert clip.fps == 25.0
    assert [track.name for track in clip.methods] == ["one", "two"]
    np.testing.assert_array_equal(clip.methods[0].poses[:, 0, 0], [0, 2, 4, *[np.nan] * 3])
    np.testing.assert_array_equal(
        clip.methods[1].poses[:, 0, 0], [np.nan, np.nan, 100, 102, 104, np.nan]
    )
    assert clip.methods[0].known[:3].all(1).tolist() == [True, True, False]
    assert clip.notes == ["", "", "one not seen: filled in", "", "", ""]
    assert clip.keypoints.shape == (6, 34, 2)
    assert np.isnan(clip.keypoints[2, :17]).all()
    assert clip.keypoints[2, 17, 0] == 1000.0
    # Bones join joints of one person, and keep its sides.
    joints = clip.keypoint_joints
    assert all((a < 17) == (b < 17) for a, b in joints.bones)
    assert joints.side(17 + JOINTS.index("left_knee")) == "left"
    assert len(clip.truth.poses) == 6
    assert "one not seen" in player([clip])


def test_of_many_people_those_seen_longest_are_shown():
    people = [shown(f"p{n}", 0, 3 + n) for n in range(9)]
    clip = video_clip("walk", people, pictures(12, 12), (32, 24), 25.0)
    names = {track.name for track in clip.methods}
    assert names == {f"p{n}" for n in range(9 - MOST_PEOPLE, 9)}
