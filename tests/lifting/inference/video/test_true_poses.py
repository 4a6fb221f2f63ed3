"""True poses beside lifted ones: distances that are known, and files that are refused."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lifting.errors import InputError
from lifting.inference.video.true_poses import read_true_poses
from lifting.skeletons import skeleton

JOINTS = skeleton("h36m17")


@pytest.fixture
def pose():
    return 300 * np.random.default_rng(0).normal(size=(10, 17, 3)) + [0, 0, 4000.0]


def write(path, **content):
    np.savez(path, **content)
    return path


def test_errors_are_those_of_the_frames_that_both_have(tmp_path, pose):
    numbers = np.arange(5, 15)
    path = write(tmp_path / "t.npz", pose=pose, skeleton="h36m17", frame=numbers)
    truth = read_true_poses(path, "h36m17")
    relative = pose - pose[:, :1]
    # Frames 12, 13, 14 of the truth, and one that was refused.
    lifted = (relative[[6, 7, 8, 9]] + 0).astype(np.float32)
    lifted[:, 1:] += [0, 30, 40]
    lifted[0] = np.nan
    errors = truth.errors(np.array([11, 12, 13, 14]), lifted)
    assert errors["frames"] == 3
    assert errors["MPJPE"] == pytest.approx(50 * 16 / 17, abs=0.01)
    turned = 1.3 * relative @ Rotation.from_rotvec([0.3, -0.2, 0.5]).as_matrix().T
    errors = truth.errors(numbers, turned.astype(np.float32))
    assert errors["PA-MPJPE"] < 0.01 < errors["N-MPJPE"] < errors["MPJPE"]
    assert truth.first_frames(8).shape == (8, 17, 3)
    np.testing.assert_allclose(truth.first_frames(8)[5:], relative[:3])
    assert np.isnan(truth.first_frames(8)[:5]).all()


def test_joints_are_converted_by_name(tmp_path, pose):
    path = write(tmp_path / "t.npz", pose=pose, skeleton="h36m17")
    truth = read_true_poses(path, "h36m16")
    index = JOINTS.indices(skeleton("h36m16").joints)
    np.testing.assert_allclose(truth.pose, (pose - pose[:, :1])[:, index])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"pose": np.zeros((3, 17, 3))}, "has no numbers 'pose' with their joint set"),
        ({"skeleton": "h36m17"}, "has no numbers 'pose'"),
        ({"pose": np.zeros((3, 16, 3)), "skeleton": "h36m17"}, r"is not \(frames, 17, 3\)"),
        (
            {"pose": np.zeros((2, 17, 3)), "skeleton": "h36m17", "frame": [4, 4]},
            "'frame' does not rise",
        ),
        ({"pose": np.zeros((3, 17, 3)), "skeleton": "nobody"}, "nobody"),
        ({"pose": np.zeros((3, 17, 3)), "skeleton": "coco17"}, "t.npz"),
    ],
)
def test_other_files_are_refused(tmp_path, content, sentence):
    path = write(tmp_path / "t.npz", **content)
    with pytest.raises(InputError, match=sentence):
        read_true_poses(path, "mpi3dhp28")


def test_poses_of_another_video_are_refused(tmp_path, pose):
    truth = read_true_poses(write(tmp_path / "t.npz", pose=pose, skeleton="h36m17"), "h36m17")
    with pytest.raises(InputError, match="has no frame that was lifted"):
        truth.errors(np.array([50]), np.zeros((1, 17, 3), np.float32))
