"""Files of CMU motion capture that are damaged, missing, or not as they should be."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from datamodules import CMU
from datamodules.cmu.convert import convert
from datamodules.store.clips import ClipStore
from lifting.errors import InputError
from tests.datamodules.made_cmu import write_amc, write_bvh, write_npz

ROOT = Path(__file__).parents[3]


def refused(folder, message, inputs=None, **options):
    with pytest.raises(InputError, match=message):
        convert(inputs or [folder], folder / "out.h5", **options)
    assert not list(folder.glob("out.h5*"))


@pytest.fixture
def raw(tmp_path):
    write_amc(tmp_path, "02_01")
    write_bvh(tmp_path, "35_01")
    return tmp_path


def test_files_cut_off_are_named(raw):
    for name, message in (
        ("02_01.amc", r"02_01\.amc, line \d+: .*rradius"),
        ("35_01.bvh", r"35_01\.bvh, line \d+: the frame has \d+ numbers"),
        ("02.asf", r"02\.asf: no ':hierarchy'"),
    ):
        whole = (raw / name).read_text()
        (raw / name).write_text(whole[: int(len(whole) * 0.6)])
        with pytest.raises(InputError, match=name.replace(".", r"\.")):
            convert([raw], raw / "out.h5")
        (raw / name).write_text(whole)
        assert not list(raw.glob("out.h5*")), message


def test_a_skeleton_that_is_missing_is_named(raw):
    (raw / "02.asf").unlink()
    refused(raw, r"02_01\.amc: its skeleton 02\.asf is not beside it")


def test_a_file_whose_name_tells_no_trial_is_refused(raw):
    (raw / "35_01.bvh").rename(raw / "walk.bvh")
    refused(raw, r"walk\.bvh: is not named as 02_01\.bvh")


def test_a_trial_given_twice_is_refused(raw):
    write_amc(raw / "more", "02_01")
    refused(raw, r"more/02_01\.amc: S02 01 is in .*02_01\.amc too")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("JOINT LeftKnee", "JOINT Knie", r"35_01\.bvh: no 'LeftKnee' in it; only the skeletons"),
        ("JOINT LeftCollar", "JOINT Schulter", r"35_01\.bvh: no 'LeftCollar' in it"),
        ("Chest2", "Chest3", r"35_01\.bvh: no 'Chest2' in it"),
        ("Xposition Yposition", "Yposition Xposition", r"its root has no channels Xposition"),
        ("Frame Time: 0.0083333", "Frame Time: 0.01", r"S35 01: recorded at 100 frames per sec"),
        ("Frame Time: 0.0083333", "Frame Time: 0.04", r"at 25 frames .* from which 30 cannot be"),
    ],
)
def test_bvh_of_another_kind_is_refused(raw, old, new, message):
    text = (raw / "35_01.bvh").read_text()
    assert old in text
    (raw / "35_01.bvh").write_text(text.replace(old, new))
    refused(raw, message)


def test_a_t_pose_alone_is_no_trial(raw):
    write_bvh(raw, "35_01", frames=1)
    lines = (raw / "35_01.bvh").read_text().splitlines()
    text = "\n".join(lines[:-1]).replace("Frames: 2", "Frames: 1")
    (raw / "35_01.bvh").write_text(text)
    refused(raw, r"35_01\.bvh: its one frame is a T-pose")


def test_a_skeleton_that_is_no_person_is_refused(raw):
    (raw / "02.asf").write_text((raw / "02.asf").read_text().replace("name head", "name kopf"))
    refused(raw, r"'head' is no bone of ':bonedata'")


@pytest.mark.parametrize(
    ("trials", "entries", "message"),
    [
        ({("S02", "01"): 4}, {"fps": None}, r"c\.npz: no frame rate 'fps' in it"),
        ({("S02", "01"): 4}, {"fps": np.array("fast")}, r"c\.npz: no frame rate 'fps' in it"),
        ({("S02", "01"): 4}, {"fps": np.array(0)}, r"c\.npz: its frame rate 'fps' is 0"),
        ({("S02", "01"): 4}, {"fps": np.array(np.nan)}, r"its frame rate 'fps' is nan"),
        ({("S02", "01"): 4}, {"parents": np.arange(17)}, r"its 'parents' are not those"),
        ({("anna", "01"): 4}, {}, r"c\.npz: 'anna' '01' are no subject and trial"),
        ({("S02", "walk"): np.zeros((4, 17, 3))}, {}, r"c\.npz: S02 walk.*the mean bone is 0"),
        ({("S02", "01"): np.ones((4, 15, 3))}, {}, r"c\.npz: S02 01.*poses are \(4, 15, 3\)"),
        ({("S02", "01"): np.full((4, 17, 3), np.nan)}, {}, r"c\.npz: S02 01.*NaN"),
    ],
)
def test_an_npz_of_another_kind_is_refused(tmp_path, trials, entries, message):
    write_npz(tmp_path / "c.npz", trials, **entries)
    refused(tmp_path, message)


def test_an_npz_without_poses_or_that_is_none_is_refused(tmp_path):
    np.savez(tmp_path / "c.npz", fps=np.array(30))
    refused(tmp_path, r"c\.npz: no 'positions_3d' in it")
    (tmp_path / "c.npz").write_bytes(b"PK nothing")
    refused(tmp_path, r"c\.npz: damaged or not an \.npz")


def test_a_person_who_goes_too_far_is_refused(tmp_path):
    pose = write_npz(tmp_path / "c.npz", {("S02", "01"): 4})["S02"]["01"]
    far = pose + np.linspace(0, 60, 4)[:, None, None]
    write_npz(tmp_path / "c.npz", {("S02", "01"): far})
    refused(tmp_path, r"c\.npz: S02 01 ranges too far, a camera 20 m away.*; check its unit")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fps": 0.0}, r"--fps is 0\.0: give a positive number"),
        ({"fps": 50.0}, r"at 120 frames per second, from which 50 cannot be taken"),
        ({"fps": float("nan")}, r"--fps is nan"),
        ({"views": 0}, r"--views is 0"),
        ({"amc_fps": -1.0}, r"--amc_fps is -1\.0"),
        ({"seed": -1}, r"--seed is -1"),
        ({"trial_fps": {"S02": 0.0}}, r"--trial_fps is 0\.0: give a positive number"),
        ({"trial_fps": {"walk": 60.0}}, r"--trial_fps names 'walk': give a subject as S60"),
        ({"trial_fps": {"S02_99": 60.0}}, r"--trial_fps names S02 99, which is in no file"),
        ({"inputs": [Path("nowhere")]}, r"nowhere: there is no such file or folder"),
        ({"inputs": [Path(__file__)]}, r"test_convert_faults\.py: neither \.amc nor \.bvh"),
    ],
)
def test_options_are_checked(raw, options, message):
    refused(raw, message, **options)


def test_a_folder_with_nothing_in_it_is_refused(tmp_path):
    refused(tmp_path, r"no \.amc, \.bvh or \.npz in it")


def test_a_store_without_the_default_subjects_is_refused_by_name(raw):
    convert([raw], raw / "out.h5")
    with pytest.raises(InputError, match=r"out\.h5: no subject 'S03'; it has S02, S35"):
        CMU(store=str(raw / "out.h5")).setup("fit")


def command(*arguments):
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts/prepare_cmu.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


@pytest.mark.slow(reason="starts processes")
def test_the_command_writes_store_and_report_or_one_sentence(raw):
    out = raw / "store" / "cmu.h5"
    files = f"[{raw / '02_01.amc'},{raw / '35_01.bvh'}]"
    done = command(files, "--out", out, "--views", "2")
    assert done.returncode == 0, done.stderr
    with ClipStore(out) as store:
        assert len(store.keys) == 4
    assert "frames by action" in (raw / "store" / "cmu.report.txt").read_text()
    failed = command(raw / "nowhere", "--out", raw / "none.h5")
    assert failed.returncode == 2
    assert failed.stderr.startswith("Error: ")
    assert "Traceback" not in failed.stderr
    assert not (raw / "none.h5").exists()
