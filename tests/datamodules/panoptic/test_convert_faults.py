"""A faulty copy of CMU Panoptic ends in one sentence, and leaves nothing behind."""

import json

import pytest

from datamodules.panoptic.cameras import HD_CAMERAS
from datamodules.panoptic.convert import convert
from lifting.errors import InputError
from tests.datamodules.made_panoptic import SEQUENCE, person, write


def refused(raw, out, message, **options):
    with pytest.raises(InputError, match=message) as caught:
        convert(raw, out, **options)
    assert "\n" not in str(caught.value)
    assert not [*out.parent.glob(f"{out.name}*")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, "--every is 0: give at least 1"),
        ({"shortest": 0}, "--shortest is 0: give at least 1"),
        ({"margin": -1.0}, "--margin is -1.0: give a number"),
        ({"margin": float("nan")}, "--margin is nan: give a number"),
        ({"joints": "h36m17"}, "--skeleton is h36m17: use panoptic19 or panoptic15"),
    ],
)
def test_wrong_options_are_refused(tmp_path, options, message):
    refused(write(tmp_path, {0: [person()]}), tmp_path / "out.h5", message, **options)


def test_folders_without_anybody_are_refused(tmp_path):
    refused(tmp_path / "none", tmp_path / "out.h5", "there is no such folder")
    refused(tmp_path, tmp_path / "out.h5", "no <sequence>/calibration_<sequence>.json")
    write(tmp_path / "raw", {})
    refused(tmp_path / "raw", tmp_path / "out.h5", r"holds nobody to convert.*extractAll\.sh")
    write(tmp_path / "bad", {0: [person(missing=[3])]})
    refused(tmp_path / "bad", tmp_path / "out.h5", r"left out: a joint is missing \(1\)")


def test_sequences_without_poses_are_named(tmp_path):
    write(tmp_path, {0: [person()]})
    write(tmp_path, {}, sequence="161029_build1")
    report = convert(tmp_path, tmp_path / "out.h5")
    assert report.endswith("which extractAll.sh unpacks: 161029_build1")


NAN = json.loads(json.dumps(person()).replace("0.6", "NaN", 1))


@pytest.mark.parametrize(
    ("bodies", "message"),
    [
        ([{"id": 0, "joints19": [1.0] * 75}], "76 numbers of 'joints19'"),
        ([{"joints19": person()["joints19"]}], "with an 'id'"),
        ([{"id": 0, "joints19": [10**400] * 76}], "holds the number 1000"),
        (None, "76 numbers of 'joints19'"),
        ([person(True)], "the id of a person is no whole number"),
        ([NAN], "a joint is NaN or infinite"),
    ],
)
def test_damaged_frames_are_refused(tmp_path, bodies, message):
    write(tmp_path, {0: [person()], 3: bodies})
    refused(tmp_path, tmp_path / "out.h5", rf"body3DScene_00000003\.json: .*{message}")


def test_truncated_files_and_missing_cameras_are_refused(tmp_path):
    write(tmp_path / "a", {0: [person()]})
    file = tmp_path / "a" / SEQUENCE / "hdPose3d_stage1_coco19/body3DScene_00000000.json"
    file.write_text(file.read_text()[:40])
    refused(tmp_path / "a", tmp_path / "out.h5", "damaged or not a JSON file")
    write(tmp_path / "b", {0: [person()]}, HD_CAMERAS[1:])
    refused(tmp_path / "b", tmp_path / "out.h5", "has no camera '00_03'")


def test_an_older_store_survives_a_fault(tmp_path):
    raw, out = write(tmp_path / "a", {0: [person()]}), tmp_path / "out.h5"
    convert(raw, out)
    before = out.read_bytes()
    write(tmp_path / "b", {0: None})
    with pytest.raises(InputError):
        convert(tmp_path / "b", out)
    assert out.read_bytes() == before
