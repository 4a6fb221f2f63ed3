"""Jobs of SLURM whose time is up: saved, queued again, and gone on with to the same weights."""

import os
import shutil
import signal
from pathlib import Path

import pytest
import torch
from lightning.pytorch.callbacks import LambdaCallback

import callbacks
from lifting.cli.run.world import set_rank
from lifting.cli.training import run
from lifting.errors import StoppedError

pytestmark = [
    pytest.mark.slow(reason="trains from the command line"),
    pytest.mark.xdist_group("interruption"),
]

ROOT = Path(__file__).parents[2]
CONFIGS = ("base", "data/synthetic", "supervised/simple_baseline")
# Two epochs of four steps; dropout and mirroring draw random numbers. Repeated by every job.
OPTIONS = [
    *(word for c in CONFIGS for word in ("-c", str(ROOT / f"experiments/{c}.yaml"))),
    *("--data.frames_per_sequence", "6", "--data.actions", "[Walking]"),
    *("--data.batch_size", "48", "--model.width", "16", "--model.dropout", "0.3"),
    *("--trainer.max_epochs", "2", "--trainer.accelerator", "cpu"),
    *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
    *("--wandb", "disabled", "--pictures", "false", "--ckpt_path", "last"),
]
JOB = {"JOB_ID": "77", "NTASKS": "1", "JOB_NAME": "sb", "PROCID": "0", "LOCALID": "0"}
JOB |= {"NODEID": "0", "NTASKS_PER_NODE": "1"}
# SLURM keeps the last checkpoint as it finds it, and ends the job, which is the caller.
SCONTROL = """#!/bin/sh
echo "$@" >> requeued
cp runs/*/checkpoints/last.ckpt left.ckpt 2> /dev/null
kill -TERM $PPID
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory, give_synthetic) -> Path:
    """A folder with synthetic data, and what was trained without an interruption in ``whole``."""
    folder = tmp_path_factory.mktemp("slurm")
    give_synthetic(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run(["fit", *OPTIONS, "--run", "whole"])
    (folder / "runs/whole").rename(folder / "whole")
    return folder


@pytest.fixture
def job(trained, monkeypatch) -> Path:
    """The folder, in a job of one task."""
    monkeypatch.chdir(trained)
    for name, value in JOB.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    monkeypatch.setenv("PATH", f"{trained}:{os.environ['PATH']}")
    write_scontrol(SCONTROL)
    yield trained
    for left in ("requeued", "left.ckpt", "scontrol"):
        Path(left).unlink(missing_ok=True)
    shutil.rmtree("runs", ignore_errors=True)
    set_rank(0)


def write_scontrol(text: str) -> None:
    Path("scontrol").write_text(text, encoding="utf-8")
    Path("scontrol").chmod(0o755)


def noticed(monkeypatch, hook: str, step: int | None, *more: str) -> str | None:
    """Run a training that is told at a moment that its time is up; return how SLURM has ended it."""
    usual = callbacks.default_callbacks
    given = []

    def notice(trainer, *_, **__):
        if step in (None, trainer.global_step) and not given:
            given.append(trainer.global_step)
            os.kill(os.getpid(), signal.SIGUSR1)

    moment = LambdaCallback(**{hook: notice})
    with monkeypatch.context() as patch:
        patch.setattr("callbacks.default_callbacks", lambda *these: [*usual(*these), moment])
        try:
            run(["fit", *OPTIONS, "--run", "job", *more])
        except StoppedError as stopped:
            return str(stopped)
    return None


def checkpoint(path: str) -> dict:
    return torch.load(path, weights_only=True)


def assert_as_uninterrupted() -> None:
    assert not list(Path().rglob("hpc_ckpt*"))
    for name in ("last", "best"):
        whole, job = (checkpoint(f"{run}/checkpoints/{name}.ckpt") for run in ("whole", "runs/job"))
        assert whole["global_step"] == job["global_step"]
        for key, value in whole["state_dict"].items():
            assert torch.equal(value, job["state_dict"][key]), key


def test_a_step_is_saved_before_the_job_is_queued_again(job, monkeypatch):
    told = noticed(monkeypatch, "on_train_batch_end", 2)
    assert Path("requeued").read_text() == "requeue 77\n"
    assert checkpoint("left.ckpt")["global_step"] == 2
    # It goes on until SLURM ends it, which it may do less gently.
    assert told.startswith("Terminated after step 3")
    os.replace("left.ckpt", "runs/job/checkpoints/last.ckpt")
    run(["fit", *OPTIONS, "--run", "job"])
    assert_as_uninterrupted()


def test_in_the_midst_of_a_step_the_notice_waits_for_its_end(job, monkeypatch):
    assert noticed(monkeypatch, "on_before_optimizer_step", 1).startswith("Terminated after step 3")
    assert checkpoint("left.ckpt")["global_step"] == 2
    run(["fit", *OPTIONS, "--run", "job"])
    assert_as_uninterrupted()


@pytest.mark.parametrize("hook", ["setup", "on_sanity_check_start"])
def test_before_the_first_step_the_job_is_queued_again_and_begins_anew(job, monkeypatch, hook):
    told = noticed(monkeypatch, hook, None, "--trainer.num_sanity_val_steps", "1")
    assert told.startswith("Terminated before the ")
    assert Path("requeued").read_text() == "requeue 77\n"
    assert not Path("runs/job").exists()
    run(["fit", *OPTIONS, "--run", "job"])
    assert_as_uninterrupted()


def test_a_validation_is_waited_for_and_saved(job, monkeypatch):
    told = noticed(monkeypatch, "on_validation_batch_start", 4)
    assert checkpoint("left.ckpt")["global_step"] == 4
    assert told.startswith("Terminated after step 5")


def test_a_validation_that_lasts_keeps_no_job_from_the_queue(job, monkeypatch):
    monkeypatch.setattr(callbacks.Interruption.__init__, "__defaults__", (0.0,))
    more = ("--last.every_n_train_steps", "3")
    told = noticed(monkeypatch, "on_validation_start", 4, *more)
    assert Path("requeued").read_text() == "requeue 77\n"
    assert checkpoint("left.ckpt")["global_step"] == 3
    # It was over in time after all.
    assert told.startswith("Terminated after step 4")


def test_a_test_that_has_no_time_is_left_to_the_next_job(job, monkeypatch):
    told = noticed(monkeypatch, "on_test_batch_start", None, "--test", "true")
    assert Path("requeued").read_text() == "requeue 77\n"
    assert told.startswith("Terminated in the test")


def test_a_training_that_ends_in_time_is_not_queued_again(job, monkeypatch):
    assert noticed(monkeypatch, "on_train_end", None) is None
    assert not Path("requeued").exists()


def test_a_job_that_may_not_be_queued_again_trains_on_and_is_told(job, monkeypatch):
    write_scontrol("#!/bin/sh\nexit 1\n")
    with pytest.warns(UserWarning, match=r"scontrol requeue 77: the job is not queued .* status 1"):
        assert noticed(monkeypatch, "on_train_batch_end", 2) is None
    assert_as_uninterrupted()


def test_a_run_that_is_one_of_several_in_a_job_saves_and_queues_nothing(job, monkeypatch):
    monkeypatch.setenv("SLURM_NTASKS", "8")
    monkeypatch.setenv("SLURM_PROCID", "3")
    seen = []
    usual = callbacks.default_callbacks

    def look(trainer, *_):
        if trainer.global_step == 2:
            seen.append(checkpoint("runs/job/checkpoints/last.ckpt")["global_step"])

    watch = LambdaCallback(on_train_batch_start=look)
    monkeypatch.setattr("callbacks.default_callbacks", lambda *these: [*usual(*these), watch])
    assert noticed(monkeypatch, "on_train_batch_end", 2) is None
    assert seen == [2]
    assert not Path("requeued").exists()
    assert_as_uninterrupted()
