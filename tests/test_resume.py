"""A run killed in mid-epoch and resumed ends with the weights of the run that was not killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

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
from lifting.cli import main
main()
"""

# Dropout and mirroring draw random numbers; batch normalisation and Adam carry state.
OPTIONS = [
    *("-c", str(ROOT / "experiments/base.yaml")),
    *("-c", str(ROOT / "experiments/data/synthetic.yaml")),
    *("-c", str(ROOT / "experiments/supervised/simple_baseline.yaml")),
    *("--data.frames_per_sequence", "8", "--data.batch_size", "32", "--model.width", "32"),
    *("--data.actions", "[Walking, Sitting]", "--model.dropout", "0.3"),
    *("--trainer.max_epochs", "3", "--trainer.enable_progress_bar", "false"),
    *("--trainer.accelerator", "cpu", "--wandb", "disabled", "--last.every_n_train_steps", "4"),
]


def _fit(folder: Path, run: str, kill_at: int, *options: str) -> int:
    driver = folder / "driver.py"
    driver.write_text(DRIVER)
    command = [sys.executable, str(driver), "fit", *OPTIONS, "--run", run, *options]
    environment = {
        **os.environ,
        "KILL_AT": str(kill_at),
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, -9, 247, 137), done.stderr[-3000:]
    return done.returncode


def _weights(folder: Path, run: str) -> dict[str, torch.Tensor]:
    checkpoint = torch.load(folder / f"runs/{run}/checkpoints/last.ckpt", weights_only=True)
    assert checkpoint["epoch"] == 2
    return checkpoint["state_dict"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "devices", [[], ["--trainer.devices", "2", "--trainer.strategy", "ddp"]], ids=["cpu", "ddp"]
)
def test_killed_run_resumes_bit_identically(tmp_path, devices):
    assert _fit(tmp_path, "whole", -1, *devices) == 0
    # Killed in the middle of the second epoch, of 16 steps on one device and 8 on two, and not
    # right after a checkpoint.
    kill_at = 22 if not devices else 14
    assert _fit(tmp_path, "killed", kill_at, *devices) != 0
    killed = torch.load(tmp_path / "runs/killed/checkpoints/last.ckpt", weights_only=True)
    assert killed["global_step"] == kill_at - 2
    assert _fit(tmp_path, "killed", -1, *devices, "--ckpt_path", "last") == 0

    whole, resumed = _weights(tmp_path, "whole"), _weights(tmp_path, "killed")
    assert whole.keys() == resumed.keys()
    for name in whole:
        assert torch.equal(whole[name], resumed[name]), name
    assert not any(torch.equal(whole[n], killed["state_dict"][n]) for n in whole if "weight" in n)
