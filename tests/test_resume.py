"""A run killed in mid-epoch and resumed ends with the weights of the run that was not killed."""

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from lightning import Callback, Trainer

import callbacks
from lifting.cli.run.compiling import missing_compiler
from lifting.cli.training import run

ROOT = Path(__file__).parent.parent

# Runs the command line, and dies without warning once the given step is done.
DRIVER = """
import os, signal, sys
from lightning import Callback
import callbacks

class Kill(Callback):
    def on_train_batch_end(self, trainer, *args, **kwargs):
        if trainer.global_step == int(os.environ["KILL_AT"]):
            os.kill(os.getpid(), signal.SIGKILL)

original = callbacks.default_callbacks
callbacks.default_callbacks = lambda *given: [*original(*given), Kill()]
from lifting.cli.main import main
main()
"""


# Dropout and mirroring draw random numbers; batch normalisation and Adam carry state.
def _options(recipe: str) -> list[str]:
    return [
        *("-c", str(ROOT / "experiments/base.yaml")),
        *("-c", str(ROOT / "experiments/data/synthetic.yaml")),
        *("-c", str(ROOT / f"experiments/{recipe}.yaml")),
        *("--data.frames_per_sequence", "8", "--data.actions", "[Walking, Sitting]"),
        *("--trainer.max_epochs", "3", "--trainer.enable_progress_bar", "false"),
        *("--trainer.accelerator", "cpu", "--wandb", "disabled", "--pictures", "false"),
        *("--last.every_n_train_steps", "4"),
    ]


DDP = ["--trainer.devices", "2", "--trainer.strategy", "ddp"]
BASELINE = [
    *_options("supervised/simple_baseline"),
    *("--data.batch_size", "32", "--model.width", "32", "--model.dropout", "0.3"),
]
# Labelled examples beside unlabelled ones, which begin again in the middle of an epoch and count from
# the second one on.
FEW_LABELS = [
    *_options("sequences/semi_supervised"),
    *("--data.batch_size", "8", "--model.channels", "16", "--data.label_share", "1"),
    *("--data.unlabelled_subjects", "[S5]", "--model.supervised_epochs", "1"),
]
# Generator and critics take turns of their own: one step of the generator in three batches.
REPNET = [
    *_options("adversarial/repnet"),
    *("--data.batch_size", "32", "--model.width", "32", "--model.critic_width", "32"),
    *("--model.n_critic", "3", "--last.every_n_train_steps", "5"),
]
TEMPORAL_GAN = [
    *_options("adversarial/temporal_gan"),
    *("--data.batch_size", "12", "--model.channels", "16", "--model.critic_width", "32"),
    *("--model.n_critic", "3", "--model.motion", "1", "--model.motion_frames", "3"),
    *("--data.chunk", "3", "--data.test_chunk", "3", "--last.every_n_train_steps", "5"),
]
# Crops are made by other processes, some batches ahead of training, and augmented.
IMAGES = [
    *("-c", str(ROOT / "experiments/base.yaml")),
    *("-c", str(ROOT / "experiments/data/synthetic_images.yaml")),
    *("--model", "tests.made_detector.TinyDetector", "--best.monitor", "val/distance"),
    *("--data.subjects", "[S1, S8, S9]", "--data.images_per_clip", "1"),
    *("--data.train_subjects", "[S1]", "--data.val_subjects", "[S8]"),
    *("--data.test_subjects", "[S9]", "--data.width", "24", "--data.height", "32"),
    *("--data.batch_size", "10", "--data.workers", "2", "--last.every_n_train_steps", "4"),
    *("--trainer.max_epochs", "3", "--trainer.enable_progress_bar", "false"),
    *("--trainer.accelerator", "cpu", "--wandb", "disabled", "--pictures", "false"),
]
TURNS = [*DDP, "--last.every_n_train_steps", "7"]


def _fit(folder: Path, run: str, kill_at: int, *options: str) -> int:
    driver = folder / "driver.py"
    driver.write_text(DRIVER)
    command = [sys.executable, str(driver), "fit", "--run", run, *options]
    environment = {
        **os.environ,
        "KILL_AT": str(kill_at),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, -9, 247, 137), done.stderr[-3000:]
    # Lightning's doubt, where it does not know that the datamodule keeps its place.
    assert "not resumable" not in done.stderr
    return done.returncode


def _weights(folder: Path, run: str) -> dict[str, torch.Tensor]:
    checkpoint = torch.load(folder / f"runs/{run}/checkpoints/last.ckpt", weights_only=True)
    # 3 where it is saved once more after the last epoch.
    assert checkpoint["epoch"] in (2, 3)
    return checkpoint["state_dict"]


@pytest.mark.slow(reason="trains three times in processes")
@pytest.mark.parametrize(
    ("options", "kill_at", "saved"),
    # Killed in the middle of the second epoch, of 16 steps on one device and 8 on two, and not right
    # after a checkpoint.
    [
        ([*BASELINE, *DDP], 14, 12),
        (FEW_LABELS, 22, 20),
        # Saved after batches 11 and 19, in the middle of three, and killed within the next turn.
        pytest.param([*REPNET, *TURNS], 17, 14, marks=pytest.mark.exhaustive),
        (TEMPORAL_GAN, 26, 25),
        # Of 12 steps an epoch.
        pytest.param(IMAGES, 18, 16, marks=pytest.mark.exhaustive),
        # Compiled, dropout draws numbers of its own.
        pytest.param(
            [*BASELINE, "--compile", "default"],
            *(22, 20),
            marks=[
                pytest.mark.exhaustive,
                pytest.mark.skipif(missing_compiler("cpu") is not None, reason="no C++ compiler"),
            ],
        ),
    ],
    ids=["ddp", "few_labels", "repnet_ddp", "temporal_gan", "images", "compiled"],
)
def test_killed_run_resumes_bit_identically(tmp_path, options, kill_at, saved, give_synthetic):
    if options is not IMAGES:
        give_synthetic(tmp_path / "data", 8)
    assert _fit(tmp_path, "whole", -1, *options) == 0
    assert _fit(tmp_path, "killed", kill_at, *options) != 0
    killed = torch.load(tmp_path / "runs/killed/checkpoints/last.ckpt", weights_only=True)
    assert killed["global_step"] == saved
    assert killed.get("batches", 1) % 3
    assert _fit(tmp_path, "killed", -1, *options, "--ckpt_path", "last") == 0

    whole, resumed = _weights(tmp_path, "whole"), _weights(tmp_path, "killed")
    assert whole.keys() == resumed.keys()
    for name in whole:
        assert torch.equal(whole[name], resumed[name]), name
    assert not any(torch.equal(whole[n], killed["state_dict"][n]) for n in whole if "weight" in n)


class KilledError(Exception):
    """Ends a run in the midst, as far as its folder is concerned."""


class Watch(Callback):
    """Ends the run at one of its moments, and notes the steps at which it was validated."""

    def __init__(self, hook: str, step: int, validated: set[int]) -> None:
        self.hook, self.step, self.validated = hook, step, validated

    def _at(self, trainer: Trainer, hook: str) -> None:
        if (hook, trainer.global_step) == (self.hook, self.step):
            raise KilledError

    def on_train_batch_end(self, trainer, *args):
        self._at(trainer, "batch")

    def on_validation_start(self, trainer, *args):
        self._at(trainer, "validation")

    def on_validation_end(self, trainer, *args):
        self.validated.add(trainer.global_step)

    def on_train_epoch_start(self, trainer, *args):
        self._at(trainer, "epoch")


@pytest.mark.slow(reason="trains several times")
@pytest.mark.parametrize(
    ("moments", "options"),
    # Epochs of 16 steps, saved every four, so that saving and validating fall on the same batch.
    [
        ([("validation", 16), ("epoch", 16), ("batch", 22)], []),
        pytest.param(
            [("validation", 24), ("batch", 31)],
            ["--trainer.val_check_interval", "8"],
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_runs_killed_round_a_validation_miss_none_and_end_the_same(
    tmp_path, monkeypatch, give_synthetic, moments, options
):
    give_synthetic(tmp_path / "data", 8)
    monkeypatch.chdir(tmp_path)
    usual = callbacks.default_callbacks

    def fit(name: str, hook: str = "", step: int = 0) -> set[int]:
        watch = Watch(hook, step, set())
        monkeypatch.setattr("callbacks.default_callbacks", lambda *given: [*usual(*given), watch])
        ends = pytest.raises(KilledError) if hook else nullcontext()
        with ends:
            run(["fit", "--run", name, *BASELINE, *options, "--ckpt_path", "last"])
        return watch.validated

    whole = fit("runs/whole")
    parts = [fit("runs/killed", *moment) for moment in moments]
    assert set.union(*parts, fit("runs/killed")) == whole
    for kept in ("last", "best"):
        first, second = (
            torch.load(f"runs/{name}/checkpoints/{kept}.ckpt", weights_only=True)["state_dict"]
            for name in ("whole", "killed")
        )
        assert all(torch.equal(first[name], second[name]) for name in first)
