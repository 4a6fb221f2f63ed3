"""Importing and exporting published weights, as a user does."""

import csv
import os
import pickle
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from datamodules.synthetic.procedural import clips as synthetic_clips
from lifting.cli.import_weights import import_weights, read_statistics
from lifting.cli.training import run
from lifting.errors import InputError
from lifting.published import DETECTORS, FAMILIES
from tests.lifting.nets.published_video_pose_3d import video_pose_3d_keys
from tests.lifting.published import made_files

ROOT = Path(__file__).parent.parent.parent
QUIET = [
    *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
    *("--trainer.enable_model_summary", "false", "--wandb", "disabled", "--pictures", "false"),
]


def script(folder, name, *arguments):
    """Run a script in a process of its own; return status and both outputs."""
    done = subprocess.run(
        [sys.executable, str(ROOT / f"scripts/{name}.py"), *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def video_pose_3d(tmp_path):
    """A file as the authors saved theirs: torch's format before zip, numpy's random state inside."""
    state = made_files.made_state(video_pose_3d_keys(taps=(3, 3), channels=8))
    content = {
        "epoch": 80,
        "lr": np.float64(1e-4),
        "random_state": np.random.RandomState(1234),
        "optimizer": {"state": {0: {"exp_avg": torch.ones(4)}}},
        "model_pos": state,
        "model_traj": None,
        "random_state_semi": None,
    }
    path = tmp_path / "theirs.bin"
    torch.save(content, path, _use_new_zipfile_serialization=False)
    return path


@pytest.mark.slow(reason="starts two commands")
def test_there_and_back_on_the_command_line(video_pose_3d, tmp_path):
    status, out, errors = script(tmp_path, "import_weights", "theirs.bin", "w/ours.ckpt")
    assert (status, errors) == (0, "")
    assert "4 reshaped, 16 renamed, 6 ignored" in out
    assert "model_pos.expand_conv.weight -> net.first.weight (8, 34, 3) to (8, 102)" in out
    assert (tmp_path / "w/ours.report.txt").read_text().strip() == out.strip()
    status, out, errors = script(tmp_path, "export_weights", "w/ours.ckpt", "again.bin")
    assert (status, errors) == (0, "")
    again = torch.load(tmp_path / "again.bin", weights_only=True)["model_pos"]
    theirs = torch.load(video_pose_3d, weights_only=False)["model_pos"]
    assert again.keys() == theirs.keys()
    assert all(torch.equal(again[k], v) for k, v in theirs.items())


@pytest.mark.slow(reason="starts a process")
def test_what_does_not_fit_is_one_sentence_and_a_status(video_pose_3d, tmp_path):
    for arguments, message in [
        (("--skeleton", "panoptic15"), "is of 17 joints, not the 15 of panoptic15"),
        (("--options.taps_of_beer", "3"), "options.taps_of_beer is no option"),
    ]:
        status, out, errors = script(
            tmp_path, "import_weights", "theirs.bin", "ours.ckpt", *arguments
        )
        assert (status, out) == (2, "")
        assert message in errors
        assert errors.startswith("Error: theirs.bin: ")
        assert errors.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.bin"]


def test_options_of_the_command_line_keep_their_types(video_pose_3d, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["import_weights.py", "theirs.bin", "ours.ckpt", "--options.causal", "true"]
    monkeypatch.setattr(sys, "argv", [*arguments, "--keypoint_skeleton", "coco17"])
    runpy.run_path(str(ROOT / "scripts/import_weights.py"), run_name="__main__")
    options = torch.load("ours.ckpt", weights_only=True)["hyper_parameters"]
    assert options["causal"] is True
    assert options["keypoint_skeleton"] == "coco17"


def test_the_page_that_the_help_points_to_names_every_family():
    text = (ROOT / "docs/weights.md").read_text()
    assert [name for name in {**FAMILIES, **DETECTORS} if f"`{name}`" not in text] == []


def test_statistics_are_read_from_both_kinds_of_file_and_run_nothing(tmp_path):
    arrays = {"mean_2d": np.arange(34.0), "std_2d": np.ones(34)}
    np.savez(tmp_path / "a.npz", **arrays)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(arrays, protocol=2))
    for name in ("a.npz", "a.pkl"):
        found = read_statistics(str(tmp_path / name))
        assert all(np.array_equal(found[k], v) for k, v in arrays.items())
    (tmp_path / "b.pkl").write_bytes(pickle.dumps(os.system))
    with pytest.raises(InputError, match=r"b\.pkl: refused"):
        read_statistics(str(tmp_path / "b.pkl"))
    (tmp_path / "c.pkl").write_bytes(pickle.dumps([1.0]))
    with pytest.raises(InputError, match="holds no arrays by name"):
        read_statistics(str(tmp_path / "c.pkl"))


@pytest.mark.slow(reason="tests and predicts imported weights")
def test_imported_weights_are_tested_predict_and_are_not_trained_on(
    video_pose_3d, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(synthetic_clips, "SEQUENCES", ("Walking", "Sitting"))
    synthetic_clips.write_store("data/synthetic_seed0_12frames.h5", 0, 12, ("S1", "S8", "S9"))
    import_weights("theirs.bin", "ours.ckpt")
    configuration = [
        *("-c", str(ROOT / "experiments/base.yaml")),
        *("-c", str(ROOT / "experiments/data/synthetic.yaml")),
        *("-c", "ours.yaml", "--ckpt_path", "ours.ckpt", "--data.frames_per_sequence", "12"),
        *("--data.train_subjects", "[S1]", "--data.test_subjects", "[S9]", *QUIET),
    ]
    tested = run(["test", "--run", "theirs", *configuration])
    with Path("runs/theirs/test.csv").open() as stream:
        row = list(csv.DictReader(stream))[-1]
    assert float(row["mpjpe"]) == pytest.approx(tested.model.test_result.frame_mean["mpjpe"])
    state = torch.load(video_pose_3d, weights_only=False)["model_pos"]
    assert torch.equal(tested.model.net.last.weight, state["shrink.weight"][:, :, 0])

    run(["predict", "--run", "theirs", *configuration])
    assert Path("runs/theirs/predictions.npz").is_file()

    with pytest.raises(InputError, match=r"ours\.ckpt: holds imported weights and no training"):
        run(["fit", "--run", "new", *configuration])
    assert not Path("runs/new").exists()
