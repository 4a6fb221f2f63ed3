"""Real people lifted by the default lifter: they stand, and their knees bend forwards."""

import numpy as np
import pytest

from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import LiftOptions, ReadOptions
from lifting.inference.prediction import lift_track, load_lifter
from lifting.models import registered
from lifting.skeletons import skeleton

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif("person" not in registered(), reason="the default lifter is not there"),
]

JOINTS = skeleton("h36m17")
# Of sports2d_demo.mp4: a man who stands on a roof and raises his arms.
STANDING = slice(5, 40)


def joints(pose, *names):
    return [pose[:, JOINTS.index(name)].astype(float) for name in names]


def angle(a, b):
    cos = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(cos.clip(-1, 1)))


@pytest.fixture
def man(real_data):
    path = real_data / "video" / "mediapipe_keypoints" / "sports2d_demo.npz"
    if not path.is_file():
        pytest.skip("the keypoints of the real video are not there")
    track = read_tracks(path, ReadOptions())[0].contiguous(path)
    return lift_track(track, load_lifter(), LiftOptions(smooth="savgol"), path).pose


def test_a_standing_man_stands(man):
    pelvis, thorax, head, right, left = joints(
        man[STANDING], "pelvis", "thorax", "head", "right_ankle", "left_ankle"
    )
    up = np.array([0.0, -1.0, 0.0])
    assert np.median(angle(thorax - pelvis, np.broadcast_to(up, pelvis.shape))) < 20
    height = (right + left)[:, 1] / 2 - head[:, 1]
    assert 1300 < np.median(height) < 1900


def test_knees_do_not_bend_backwards(man):
    right_hip, left_hip, pelvis, thorax = joints(man, "right_hip", "left_hip", "pelvis", "thorax")
    forward = np.cross(left_hip - right_hip, thorax - pelvis)
    forward /= np.linalg.norm(forward, axis=-1, keepdims=True)
    for side in ("left", "right"):
        hip, knee, ankle = joints(man, f"{side}_hip", f"{side}_knee", f"{side}_ankle")
        middle = (hip + ankle) / 2
        bent = ((knee - middle) * forward).sum(-1)
        assert np.percentile(bent, 10) > -40
