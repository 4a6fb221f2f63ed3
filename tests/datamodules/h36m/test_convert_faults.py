import h5py
import numpy as np
import pytest

from datamodules.h36m.convert import convert
from datamodules.safe_load import load_npz
from lifting.errors import InputError
from tests.datamodules.made_h36m import (
    FRAMES,
    SEVENTEEN,
    body,
    write_baseline,
    write_fetch,
    write_npz,
)


def refused(raw, detections, out, message):
    with pytest.raises(InputError, match=message):
        convert(raw, detections, out)
    assert not out.exists()


def with_nan():
    pose = body(1)
    pose[3, SEVENTEEN[5], 1] = np.nan
    return {("S1", "Walking 1"): pose}


ONE = {("S1", "Walking 1"): body(1)}


@pytest.mark.parametrize(
    ("recordings", "options", "message"),
    [
        (ONE, {"key": "positions"}, r"raw\.npz: no 'positions_3d' in it, only positions"),
        (ONE, {"scale": 1.0}, r"raw\.npz: S1 Walking 1: the mean bone"),
        (ONE, {"scale": 1e-6}, r"raw\.npz: S1 Walking 1: .* in metres"),
        ({("S1", "Walking 1"): body(1)[:, :20]}, {}, r"raw\.npz: S1 Walking 1: .*\(12, 20, 3\)"),
        ({("S1", "Walking 1"): body(1)[0]}, {}, r"raw\.npz: S1 Walking 1: poses are \(32, 3\)"),
        ({("S1", "Walking 1"): body(1)[:0]}, {}, r"raw\.npz: S1 Walking 1: .*at least one frame"),
        (with_nan(), {}, r"raw\.npz: S1 Walking 1: poses hold NaN.* frame 3"),
        ({("S2", "Walking 1"): body(1)}, {}, "no camera or subject 'S2'"),
        ({("S1", "../../Walking"): body(1)}, {}, r"raw\.npz: the recording 'S1 \.\./\.\./Walk"),
    ],
)
def test_a_bad_npz_is_refused(tmp_path, recordings, options, message):
    raw = write_npz(tmp_path / "raw.npz", recordings, **options)
    refused(raw, {}, tmp_path / "deep" / "er" / "out.h5", message)


@pytest.mark.parametrize(
    "tree", [{"S1": {"Walking 1": "a pose"}}, {"S1": {"Walking 1": [[1], []]}}]
)
def test_an_npz_of_no_numbers_is_refused(tmp_path, tree):
    np.savez(tmp_path / "raw.npz", positions_3d=np.array(tree, object))
    message = r"raw\.npz: S1 Walking 1: poses are no array of numbers"
    refused(tmp_path / "raw.npz", {}, tmp_path / "out.h5", message)


@pytest.mark.parametrize(
    ("recordings", "options", "message"),
    [
        (ONE, {"key": "poses"}, r"Walking 1\.h5: no '3D_positions'"),
        (ONE, {"scale": 1e-3}, r"Walking 1\.h5: .* in metres"),
        (with_nan(), {}, r"Walking 1\.h5: poses hold NaN"),
        (ONE | {("S1", "Walking_1"): body(2)}, {}, r"'S1 Walking 1' is there twice"),
    ],
)
def test_a_bad_folder_of_3d_pose_baseline_is_refused(tmp_path, recordings, options, message):
    raw = write_baseline(tmp_path / "raw", recordings, **options)
    refused(raw, {}, tmp_path / "out.h5", message)


def test_transposed_positions_are_refused(tmp_path):
    raw = write_baseline(tmp_path / "raw", ONE)
    with h5py.File(next(raw.glob("**/*.h5")), "w") as file:
        file["3D_positions"] = body(1).reshape(FRAMES, 96)
    refused(raw, {}, tmp_path / "out.h5", r"Walking 1\.h5: .*\(12, 96\), expected \(96, frames\)")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"camera": None}, r"annot\.h5: no 'camera'"),
        ({"frame": np.arange(1, 8)}, r"annot\.h5: 'camera' and 'frame' do not give"),
        ({"frame": np.tile([0, 1, 2], 4)}, r"annot\.h5: .* from 1"),
        ({"cameras": ("1", "2", "3", "4")}, r"annot\.h5: no pose is of one of the cameras"),
        ({"pose/3d": np.zeros((12, 14, 3))}, r"annot\.h5: poses are \(12, 14, 3\)"),
    ],
)
def test_a_bad_folder_of_h36m_fetch_is_refused(tmp_path, options, message):
    raw = write_fetch(tmp_path / "raw", {("S9", "Walking-1"): body(1)}, [0, 1, 2], **options)
    refused(raw, {}, tmp_path / "out.h5", message)


def test_a_folder_of_something_else_is_refused(tmp_path):
    message = r"neither a VideoPose3D \.npz file, nor a folder"
    refused(tmp_path, {}, tmp_path / "out.h5", message)


def spoilt(tree, change):
    tree = {
        s: {n: [np.array(view) for view in v] for n, v in names.items()}
        for s, names in tree.items()
    }
    change(tree["S1"]["Walking 1"])
    return tree


def shorten(views):
    views[2] = views[2][:-1]


def lengthen(views):
    views[0] = np.concatenate(2 * [views[0]])


def spoil(views):
    views[1][2, 4] = np.nan


def flatten(views):
    views[3] = views[3][..., 0]


def rename(views):
    views[3] = "a view"


def fewer_joints(views):
    views[:] = [view[:, :14] for view in views]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (shorten, r"camera 58860488: 11 frames of keypoints for 12 frames of poses"),
        (lengthen, r"camera 54138969: 24 frames of keypoints for 12 frames of poses"),
        (list.pop, r"3 views, expected 4"),
        (spoil, r"camera 55011271: keypoints hold NaN"),
        (flatten, r"keypoints are \(12, 16\), expected \(frames, joints, 2\)"),
        (rename, r"keypoints are no arrays of numbers"),
    ],
)
def test_bad_detections_are_refused(npz, sh, tmp_path, change, message):
    tree = spoilt(load_npz(sh)["positions_2d"], change)
    np.savez(sh, positions_2d=np.array(tree, object))
    refused(npz, {"sh": sh}, tmp_path / "out.h5", r"sh\.npz: S1 Walking 1.*" + message)


def test_detections_of_an_unknown_joint_set_are_refused(npz, tmp_path):
    tree = {"S1": {"Walking 1": 4 * [np.zeros((12, 14, 2), np.float32)]}}
    np.savez(tmp_path / "sh.npz", positions_2d=np.array(tree, object))
    message = r"sh\.npz: keypoints of 14 joints"
    refused(npz, {"sh": tmp_path / "sh.npz"}, tmp_path / "out.h5", message)


def test_poses_given_as_detections_are_refused(npz, tmp_path):
    refused(npz, {"sh": npz}, tmp_path / "out.h5", "no 'positions_2d' in it, only positions_3d")


@pytest.mark.parametrize("name", ["gt", "a/b"])
def test_names_that_a_source_cannot_have_are_refused(npz, sh, tmp_path, name):
    refused(npz, {name: sh}, tmp_path / "out.h5", f"'{name}' is no 2D source")
