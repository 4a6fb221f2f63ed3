"""Poses and keypoints that are wrong are refused, alone and on their way into a store."""

import numpy as np
import pytest

from datamodules.store.checks import check_keypoints, check_pose
from datamodules.store.clips import ClipWriter
from lifting.errors import InputError
from tests.datamodules.store.made_clips import H36M, INFO, KEY, broken, keypoints, poses


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.h5"


@pytest.mark.parametrize(
    ("pose", "words"),
    [
        (poses()[:, :16], r"poses are \(8, 16, 3\), expected \(frames, 17, 3\).*'h36m17'"),
        (poses()[..., :2], r"poses are \(8, 17, 2\)"),
        (poses()[0], r"poses are \(17, 3\)"),
        (poses(0), "at least one frame"),
        (broken(poses(), 5, 3, 1), "NaN or infinity, first at frame 5"),
        (broken(poses(), 2, 0, 0, value=np.inf), "NaN or infinity, first at frame 2"),
        (poses() / 1000, r"mean bone is 0\.25 long.*millimetres.*in metres\."),
        (poses() / 10, r"mean bone is 25 long.*millimetres.*in centimetres\."),
        (poses() * 10, "mean bone is 2500 long.*check the unit and the joint order"),
    ],
)
def test_poses_that_are_wrong_are_refused_with_the_reason(path, pose, words):
    with pytest.raises(InputError, match=words):
        check_pose(pose, H36M, "a.npz")
    with pytest.raises(InputError, match=words) as caught, ClipWriter(path, INFO) as store:
        store.add(KEY, {"gt": keypoints()}, pose)
    assert str(path) in str(caught.value)
    assert "S1/Walking 1/front" in str(caught.value)


@pytest.mark.parametrize("scale", [0.6, 1, 1.3])
def test_children_and_giants_are_millimetres(scale):
    check_pose(poses() * scale, H36M, "a.npz")


def test_long_sequences_are_checked_for_nan_in_every_frame():
    with pytest.raises(InputError, match="first at frame 997"):
        check_pose(broken(poses(1000), 997, 0, 0), H36M, "a.npz")


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (keypoints()[:, :16], r"keypoints are \(8, 16, 3\), expected \(frames, 17, 3\).*'h36m17'"),
        (keypoints()[..., :2], "expected \\(frames, 17, 3\\)"),
        (keypoints(0), "at least one frame"),
        (keypoints(7), "7 frames of keypoints for a clip of 8"),
        (broken(keypoints(), 3, 2, 2), "NaN or infinity, first at frame 3.*confidence 0"),
    ],
)
def test_keypoints_that_are_wrong_are_refused_with_the_reason(path, points, words):
    with pytest.raises(InputError, match=words):
        check_keypoints(points, H36M, 8, "a.npz")
    with pytest.raises(InputError, match=words) as caught, ClipWriter(path, INFO) as store:
        store.add(KEY, {"gt": points}, poses())
    assert "source 'gt'" in str(caught.value)
