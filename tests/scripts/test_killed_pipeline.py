"""Pipelines of trainings that are killed, or ended: nothing of what they make is different."""

import os
import shutil
import signal
from pathlib import Path

import pytest
import torch
import yaml

from tests.scripts.running import wait_for

ROOT = Path(__file__).parent.parent.parent

# Real trainings of a flow, and of a lifter that learns from it: random turns, noise and mirroring, Adam
# and two moving averages, and a second flow that follows the lifter's projections.
SMALL = """
data: {init_args: {frames_per_sequence: 6, batch_size: 8, actions: [Walking, Sitting]}}
trainer: {max_epochs: 6, accelerator: cpu, enable_progress_bar: false, enable_model_summary: false}
last: {every_n_train_steps: 3}
wandb: disabled
pictures: false
"""
TRAININGS = {
    "name": "whole",
    "configs": ["base", "data/synthetic"],
    "stages": {
        "first": {
            "configs": ["unsupervised/full_flow", "small"],
            "options": {"model.hidden": 16, "model.blocks": 2},
        },
        "second": {
            "configs": ["unsupervised/elepose", "small"],
            "checkpoints": {"model.full_flow": "first"},
            "options": {"model.width": 16, "model.contrast": 1.0},
        },
    },
}


@pytest.fixture
def trainings(tmp_path, pipeline_runner, give_synthetic):
    give_synthetic(tmp_path / "data")
    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    (tmp_path / "experiments/small.yaml").write_text(SMALL)
    (tmp_path / "trainings.yaml").write_text(yaml.safe_dump(TRAININGS))
    return pipeline_runner(tmp_path)


@pytest.mark.slow(reason="trains two stages after many kills")
@pytest.mark.timeout(1800)
@pytest.mark.exhaustive
def test_pipeline_killed_at_random_moments_ends_with_the_same_weights(trainings, survives_kills):
    survives_kills(trainings, "trainings.yaml")
    last = "runs/killed/second/checkpoints/last.ckpt"
    checkpoint = torch.load(trainings.folder / last, weights_only=True)
    # Two actions of two takes, four subjects, four cameras and six frames, in batches of eight.
    assert checkpoint["global_step"] == 6 * (2 * 2 * 4 * 4 * 6 // 8)
    stages = {name.split("/")[0] for name in trainings.weights("killed")}
    assert stages == {"first", "second"}


@pytest.mark.slow(reason="starts pipelines anew, with trainings")
@pytest.mark.unforked
def test_training_that_sigterm_ends_is_not_taken_for_finished(trainings):
    arguments = ("trainings.yaml", "--set", "trainer.max_epochs=100000")
    process = trainings.start(*arguments)
    wait_for(trainings.folder / "runs/whole/first/checkpoints/last.ckpt")
    # To the training alone, not to the runner, which then has only its exit status to go by.
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "Terminated in stage first of whole; run the same command again to go on." in errors
    assert "first: resume" in trainings(*arguments, "--dry-run")[1]
