"""MPI-INF-3DHP: mmpose's layout, and damaged files of every layout."""

import numpy as np
import pytest

from datamodules.mpi_inf_3dhp.convert import convert
from datamodules.store.clips import ClipStore
from tests.datamodules.made_mpi_inf_3dhp import (
    FRAMES,
    FROM_17,
    NAMES,
    pixels,
    refused,
    rotation,
    sequence_pose,
    write_calibration,
    write_rows,
    write_test,
    write_train,
)


def test_rows_of_mmpose_become_clips_in_the_order_of_their_images(tmp_path):
    raw, pose = write_rows(tmp_path / "raw")
    convert(raw, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        train, test = sorted(store.keys, key=lambda k: k.subject)
        assert (train.subject, train.sequence, train.camera) == ("S4", "Seq2", "cam0")
        assert store.frames(train).tolist() == [10, 11]
        np.testing.assert_allclose(store.pose(train), pose[[1, 0]][:, FROM_17], atol=1e-3)
        seen = pixels(pose[[1, 0]])[:, FROM_17]
        np.testing.assert_allclose(store.keypoints(train, "gt")[..., :2], seen, atol=1e-3)
        assert store.camera(train).size.tolist() == [2048, 2048]
        assert (test.subject, test.action, store.frames(test).tolist()) == ("TS5", "TS5", [1])
        assert store.camera(test).size.tolist() == [1920, 1080]


def test_rows_of_other_cameras_are_left_out(tmp_path):
    names = ["S4_Seq2_Cam3_000012.jpg", *NAMES[1:]]
    raw, _ = write_rows(tmp_path / "raw", names)
    convert(raw, tmp_path / "out.h5")
    with ClipStore(tmp_path / "out.h5") as store:
        assert {k.camera for k in store.keys} == {"cam0"}
        assert sum(k.frames for k in store.keys) == 2
    raw, _ = write_rows(tmp_path / "only", names[:1])
    refused(raw, tmp_path / "only.h5", "holds no clip of the cameras 'vnect'")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"S": None}, r"any\.npz: no 'S' in it, only imgname, part"),
        ({"S": np.ones((3, 14, 4))}, r"'S': is \(3, 14, 4\), expected \(3, 17, 4\)"),
        ({"part": np.ones((2, 17, 3))}, r"'part': is \(2, 17, 3\), expected \(3, 17, 3\)"),
        ({"names": ["a.jpg", *NAMES[1:]]}, r"'a\.jpg' is not as"),
        ({"names": [NAMES[1], *NAMES[1:]]}, r"an image of S4 Seq2 0 is there twice"),
        ({"names": ["S4_Seq2_Cam8_000001.jpg", *NAMES[1:]]}, r"'S4_Seq2_Cam8' is not in cameras"),
        ({"cameras": {}}, r"no cameras_train\.pkl or cameras_test\.pkl"),
        ({"cameras": [1, 2]}, r"cameras_any\.pkl: no dictionary of cameras"),
        ({"cameras": {"S4_Seq2_Cam0": {"f": 1}}}, r"camera 'S4_Seq2_Cam0' has no 'R'"),
    ],
)
def test_damaged_rows_are_refused(tmp_path, options, message):
    raw, _ = write_rows(tmp_path / "raw", **options)
    refused(raw, tmp_path / "out.h5", message)


def test_universal_poses_are_not_in_mmposes_files(tmp_path):
    raw, _ = write_rows(tmp_path / "raw")
    refused(raw, tmp_path / "out.h5", "no universal poses", universal=True)


def short(cells):
    cell = np.empty((14, 1), object)
    for camera in range(14):
        cell[camera, 0] = np.ones((FRAMES, cells))
    return cell


NAN = np.full((14, 1), None, object)
for _camera in range(14):
    NAN[_camera, 0] = np.full((FRAMES, 84), np.nan)
TEXT = np.empty((14, 1), object)
TEXT[:] = "a pose"


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"annot2": None}, r"annot\.mat: no 'annot2' in it"),
        ({"frames": None}, r"annot\.mat: no 'frames' in it"),
        ({"annot3": np.ones((14, 84))}, r"annot\.mat: 'annot3': no cell per camera"),
        ({"annot3": short(51)}, r"'annot3': cell 0 is \(6, 51\), expected \(6, 84\)"),
        ({"frames": np.arange(5)[:, None]}, r"'annot2': cell 0 is \(6, 56\), expected \(5, 56\)"),
        ({"annot3": TEXT}, r"annot\.mat: 'annot3' of cell 0: no array of numbers"),
        ({"annot3": NAN}, r"S1/Seq1/cam0: poses hold NaN"),
        ({"cameras": np.arange(5)[None]}, r"annot\.mat: no camera 5 in it"),
        ({"cameras": "all"}, r"annot\.mat: 'cameras': no array of numbers"),
    ],
)
def test_damaged_training_files_are_refused(tmp_path, replaced, message):
    write_train(tmp_path / "raw", [("S1", "Seq1")], **replaced)
    refused(tmp_path / "raw", tmp_path / "out.h5", message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 3}, r"no camera 4 in it or in camera\.calibration"),
        ({"radial": "0.1"}, r"camera\.calibration: camera 0: has a distorting lens"),
        ({"intrinsic_numbers": 9}, r"camera 0: lacks the 16 numbers of 'intrinsic'"),
    ],
)
def test_damaged_calibrations_are_refused(tmp_path, options, message):
    write_train(tmp_path / "raw", [("S1", "Seq1")])
    write_calibration(tmp_path / "raw" / "S1" / "Seq1", **options)
    refused(tmp_path / "raw", tmp_path / "out.h5", message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"camera\.calibration: describes no camera"),
        ("header\nintrinsic 1 2\n", r"cannot read the line 'intrinsic 1 2'"),
        ("header\nname one\n", r"cannot read the line 'name one'"),
        ("header\nname 0\nsize wide\n", r"cannot read the line 'size wide'"),
        ("\x00\xff" * 20, r"camera\.calibration: describes no camera"),
    ],
)
def test_a_calibration_of_something_else_is_refused(tmp_path, text, message):
    write_train(tmp_path / "raw", [("S1", "Seq1")])
    (tmp_path / "raw" / "S1" / "Seq1" / "camera.calibration").write_text(text)
    refused(tmp_path / "raw", tmp_path / "out.h5", message)


def test_what_is_no_rotation_is_refused(tmp_path):
    write_train(tmp_path / "raw", [("S1", "Seq1")])
    path = tmp_path / "raw" / "S1" / "Seq1" / "camera.calibration"
    path.write_text(path.read_text().replace(f"{rotation(0)[0, 0]:.12f}", "2.0"))
    refused(tmp_path / "raw", tmp_path / "out.h5", "camera 0: no calibration")


def test_a_missing_calibration_is_named(tmp_path):
    write_train(tmp_path / "raw", [("S1", "Seq1")])
    (tmp_path / "raw" / "S1" / "Seq1" / "camera.calibration").unlink()
    refused(tmp_path / "raw", tmp_path / "out.h5", r"camera\.calibration: there is no such file")


def test_two_calibrations_of_one_person_are_refused(tmp_path):
    write_train(tmp_path / "raw", [("S1", "Seq1"), ("S1", "Seq2")])
    path = tmp_path / "raw" / "S1" / "Seq2" / "camera.calibration"
    path.write_text(path.read_text().replace("1020.0", "1021.0"))
    refused(tmp_path / "raw", tmp_path / "out.h5", "S1: cam0 is calibrated differently in Seq2")


def test_other_people_are_refused(tmp_path):
    write_train(tmp_path / "raw", [("S9", "Seq1")])
    refused(tmp_path / "raw", tmp_path / "out.h5", "no training sequence S9 Seq1")


def behind():
    pose = sequence_pose("TS1")
    pose[..., 2] -= 4000
    return pose[:, None]


def spoilt(frame):
    pose = sequence_pose("TS1")[:, None]
    pose[frame, 0, 5, 1] = np.nan
    return pose


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"annot2": None}, r"annot_data\.mat: no 'annot2' in it"),
        ({"valid_frame": None}, r"annot_data\.mat: no 'valid_frame' in it"),
        ({"valid_frame": np.zeros((11, 1))}, r"'valid_frame' marks no frame"),
        ({"activity_annotation": np.zeros((11, 1))}, r"of a valid frame is not 1 to 7"),
        ({"activity_annotation": np.ones((5, 1))}, r"is of 5 frames, 'valid_frame' of 11"),
        ({"annot3": np.ones((11, 1, 28, 3))}, r"'annot3' is \(11, 1, 28, 3\), expected"),
        ({"annot3": b"a pose"}, r"'annot3' is object"),
        ({"annot3": behind()}, r"joints lie behind the camera"),
        ({"annot3": spoilt(3)}, r"valid frames hold NaN"),
        ({"annot2": -pixels(sequence_pose("TS1"))[:, None]}, r"'annot2' is no image of 'annot3'"),
    ],
)
def test_damaged_test_files_are_refused(tmp_path, replaced, message):
    write_test(tmp_path / "raw", ["TS1"], **replaced)
    refused(tmp_path / "raw", tmp_path / "out.h5", message)


def test_a_truncated_test_file_and_an_unknown_sequence_are_refused(tmp_path):
    write_test(tmp_path / "a", ["TS1"])
    file = tmp_path / "a" / "TS1" / "annot_data.mat"
    file.write_bytes(file.read_bytes()[:500])
    refused(tmp_path / "a", tmp_path / "out.h5", "damaged or not an HDF5 file")
    write_test(tmp_path / "b", ["TS7"])
    refused(tmp_path / "b", tmp_path / "out.h5", "no TS7, only TS1 to TS6")


def test_other_folders_and_options_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", tmp_path / "out.h5", r"neither S\*/Seq\*/annot\.mat nor TS")
    refused(tmp_path / "none", tmp_path / "out.h5", "no such folder")
    raw = write_train(tmp_path / "raw", [("S1", "Seq1")])
    refused(raw, tmp_path / "out.h5", "--cameras is 'front': choose one of", cameras="front")
