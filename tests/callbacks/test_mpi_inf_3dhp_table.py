"""The official table of a run that is tested, against scores made from what it predicts."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from datamodules.store.clips import ClipKey, ClipWriter, StoreInfo
from datamodules.synthetic.procedural.clips import draw_cameras, generate_sequence
from lifting.cameras import project, world_to_camera
from lifting.cli.training import run
from lifting.metrics.mpi_inf_3dhp import COLUMNS, frame_scores

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
ACTIVITIES = {"S1": "Seq1", "S8": "Seq1", "TS1": "Sitting", "TS2": "Sports"}
QUIET = [
    *("--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"),
    *("--trainer.enable_model_summary", "false", "--wandb", "disabled", "--pictures", "false"),
]


def write_store(path, frames=20):
    """Four people; every second frame of the test sequences is valid."""
    info = StoreInfo("h36m17", {"gt": "h36m17"}, "procedural human", "free")
    camera = draw_cameras(0, "S1")["54138969"]
    with ClipWriter(path, info) as store:
        for number, (subject, action) in enumerate(ACTIVITIES.items()):
            world = torch.from_numpy(generate_sequence(number, "S1", "Walking", frames)).double()
            pose = world_to_camera(world, camera)
            confidence = torch.ones(frames, 17, 1, dtype=torch.float64)
            if subject.startswith("TS"):
                confidence[::2] = 0
            keypoints = torch.cat([project(pose, camera), confidence], -1)
            store.add_camera(subject, "cam0", camera)
            key = ClipKey(subject, f"{action} 1", action, "cam0", 25.0, frames)
            store.add(key, {"gt": keypoints.float().numpy()}, pose.float().numpy())


def configs(*names):
    return [option for name in names for option in ("-c", str(EXPERIMENTS / f"{name}.yaml"))]


@pytest.fixture
def trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_store(tmp_path / "store.h5")
    run(
        [
            "fit",
            *configs("base", "data/mpi_inf_3dhp", "supervised/simple_baseline"),
            *("--data.store", "store.h5", "--data.batch_size", "8", "--model.width", "32"),
            *("--data.train_subjects", "[S1]", "--data.test_subjects", "[TS1, TS2]"),
            *("--trainer.max_epochs", "1", "--run", "r", *QUIET),
        ]
    )
    return tmp_path / "runs" / "r"


@pytest.mark.slow(reason="trains and tests")
def test_the_table_of_a_tested_run_is_that_of_its_predictions(trained):
    cli = run(["test", "--run", "r", "--data.eval_batch_size", "3", *QUIET])
    with (trained / "mpi_inf_3dhp.csv").open() as stream:
        rows = {row["group"]: row for row in csv.DictReader(stream)}
    assert list(rows) == ["Sitting", "Sports", "All", "TS1", "TS2"]

    run(["predict", "--run", "r", *QUIET])
    with np.load(trained / "predictions.npz") as content:
        pose, clip, clips = (torch.from_numpy(content["pose"]), content["clip"], content["clips"])
        frame = content["frame"]
    bank = cli.datamodule.bank("test")
    truth = {(int(c), int(f)): p for c, f, p in zip(bank.clip, bank.frame, bank.pose, strict=True)}
    target = torch.stack([truth[c, f] for c, f in zip(clip.tolist(), frame.tolist(), strict=True)])
    assert set(frame.tolist()) == set(range(1, 20, 2))
    scores = frame_scores(pose.double(), (target - target[:, :1]).double(), "h36m17")
    subject = clips[clip][:, 0]
    for group, members in {
        "All": subject != "",
        **{name: subject == name for name in ("TS1", "TS2")},
        **{ACTIVITIES[name]: subject == name for name in ("TS1", "TS2")},
    }.items():
        assert int(rows[group]["frames"]) == members.sum()
        for column, value in zip(COLUMNS, scores[torch.from_numpy(members)].mean(0), strict=True):
            assert float(rows[group][column]) == pytest.approx(value.item(), abs=1e-3), column
    logged = cli.trainer.callback_metrics
    assert logged["test/official_pck"].item() == pytest.approx(float(rows["All"]["pck_Total"]))
    assert logged["test/official_auc"].item() == pytest.approx(float(rows["All"]["auc_Total"]))


@pytest.mark.slow(reason="trains and tests")
def test_the_run_keeps_the_callback_and_those_of_every_run(trained):
    config = yaml.safe_load((trained / "config.yaml").read_text())
    named = [callback["class_path"] for callback in config["trainer"]["callbacks"]]
    assert named == ["callbacks.mpi_inf_3dhp_table.MPIINF3DHPTable"]
    run(["test", "--run", "r", *QUIET])
    assert (trained / "test.csv").is_file()
    assert not list(trained.glob("*.partial"))
