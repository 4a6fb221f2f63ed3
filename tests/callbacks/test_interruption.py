"""Orders to stop: where a run ends, what it says, and that it goes on to the same weights."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch.callbacks import LambdaCallback

import callbacks
from callbacks.interruption import Interruption
from callbacks.last_checkpoint import can_resume_after
from lifting.cli.training import run
from lifting.errors import StoppedError
from lifting.runs.stopping import Orders

pytestmark = [
    pytest.mark.slow(reason="trains from the command line"),
    pytest.mark.xdist_group("interruption"),
]

ROOT = Path(__file__).parents[2]
CONFIGS = ("base", "data/synthetic", "supervised/simple_baseline")
# Three epochs of four steps; dropout and mirroring draw random numbers.
OPTIONS = [
    *(word for c in CONFIGS for word in ("-c", str(ROOT / f"experiments/{c}.yaml"))),
    *("--data.frames_per_sequence", "6", "--data.actions", "[Walking]"),
    *("--data.batch_size", "48", "--model.width", "16", "--model.dropout", "0.3"),
    *("--trainer.max_epochs", "3", "--trainer.accelerator", "cpu"),
    *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
    *("--wandb", "disabled", "--pictures", "false"),
]
AGAIN = ["--ckpt_path", "last"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, give_synthetic) -> Path:
    """A folder with synthetic data and a run 'whole'."""
    folder = tmp_path_factory.mktemp("interrupted")
    give_synthetic(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run(["fit", *OPTIONS, "--run", "whole"])
    return folder


@pytest.fixture
def here(trained, monkeypatch) -> Path:
    monkeypatch.chdir(trained)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield trained
    signal.signal(signal.SIGINT, before)


Stop = Callable[..., str]


@pytest.fixture
def stop(here, monkeypatch) -> Stop:
    """What runs a command, and gives it an order at a moment; returns what is told."""
    usual = callbacks.default_callbacks

    def ordered(number: int, hook: str, step: int | None, *words: str) -> str:
        def order(trainer, *_, **__):
            if step in (None, trainer.global_step):
                os.kill(os.getpid(), number)

        moment = LambdaCallback(**{hook: order})
        with monkeypatch.context() as patch:
            patch.setattr("callbacks.default_callbacks", lambda *given: [*usual(*given), moment])
            with pytest.raises(StoppedError) as stopped:
                run(list(words))
        assert stopped.value.code == 128 + number
        return str(stopped.value)

    return ordered


def last(name: str) -> dict:
    return torch.load(f"runs/{name}/checkpoints/last.ckpt", weights_only=True)


def test_each_order_saves_and_the_run_ends_as_if_there_had_been_none(stop):
    fit = ["fit", *OPTIONS, "--run", "stopped", *AGAIN]
    told = stop(signal.SIGINT, "on_train_batch_end", 2, *fit)
    assert told.startswith(
        "Interrupted after step 2 (epoch 1 of 3), which is saved; go on with: lift"
    )
    assert told.endswith("--run stopped --ckpt_path last")
    # Before a validation, and in its midst: saved when it is over.
    told = stop(signal.SIGTERM, "on_train_batch_end", 4, *fit)
    assert told.startswith(
        "Terminated after step 4 (epoch 1 of 3), which is saved; go on with: lift"
    )
    told = stop(signal.SIGINT, "on_validation_batch_start", 8, *fit)
    assert told.startswith("Interrupted after step 8 (epoch 2 of 3)")
    told = stop(signal.SIGTERM, "on_validation_batch_start", 12, *fit)
    assert (
        told == "Terminated after the training had ended; test it with: lifting test --run stopped"
    )
    for kept in ("last", "best"):
        whole, stopped = (
            torch.load(f"runs/{name}/checkpoints/{kept}.ckpt", weights_only=True)
            for name in ("whole", "stopped")
        )
        assert whole["global_step"] == stopped["global_step"]
        for name, value in whole["state_dict"].items():
            assert torch.equal(value, stopped["state_dict"][name]), name
    assert not list(Path("runs/stopped").rglob("*.partial*"))


def test_what_was_logged_up_to_the_order_is_kept(stop):
    more = ("--trainer.log_every_n_steps", "1")
    stop(signal.SIGINT, "on_train_batch_end", 2, "fit", *OPTIONS, *more, "--run", "logged")
    (log,) = Path("runs/logged/logs").rglob("metrics.csv")
    header, *rows = (line.split(",") for line in log.read_text().splitlines())
    logged = [row[header.index("step")] for row in rows if row[header.index("train/loss")]]
    assert logged == ["0", "1"]


@pytest.mark.parametrize("hook", ["on_fit_start", "on_sanity_check_start"])
def test_an_order_before_the_first_step_leaves_nothing(stop, hook):
    more = ("--trainer.num_sanity_val_steps", "1", "--run", "unbegun")
    told = stop(signal.SIGINT, hook, None, "fit", *OPTIONS, *more)
    assert told.startswith("Interrupted before the first step; go on with: lifting fit")
    assert not Path("runs/unbegun").exists()


def test_an_order_in_the_test_at_the_end_ends_it(stop):
    fit = ["fit", *OPTIONS, "--run", "tested", "--test", "true"]
    told = stop(signal.SIGTERM, "on_test_batch_start", None, *fit)
    assert told.startswith("Terminated in the test, after the training had ended; test it with: ")
    assert last("tested")["global_step"] == 12
    assert not Path("runs/tested/test.csv").exists()


@pytest.mark.parametrize(("command", "noun"), [("test", "test"), ("predict", "prediction")])
def test_an_order_ends_what_does_not_train(stop, command, noun):
    words = (command, "--run", "whole", "--wandb", "disabled")
    before = set(Path("runs/whole").rglob("*.*"))
    told = stop(signal.SIGINT, f"on_{command}_batch_start", None, *words)
    assert told.startswith(f"Interrupted in the {noun}; go on with: lifting {command} ")
    made = {path.name for path in set(Path("runs/whole").rglob("*.*")) - before}
    assert not made & {"test.csv", "test.md", "predictions.npz"}
    assert not any("partial" in name for name in made)


def test_a_validation_that_lasts_is_not_waited_for(stop, monkeypatch):
    monkeypatch.setattr(callbacks.Interruption.__init__, "__defaults__", (0.0,))
    fit = ["fit", *OPTIONS, "--run", "slow", "--last.every_n_train_steps", "3"]
    told = stop(signal.SIGTERM, "on_validation_start", 4, *fit)
    assert told.startswith("Terminated in a validation that was not over in 0 s")
    assert last("slow")["global_step"] == 3


@pytest.mark.parametrize(
    ("index", "given", "expected"),
    [
        (0, {}, True),
        (0, {"accumulate_grad_batches": 2}, False),
        (1, {"is_last_batch": True}, False),
    ],
)
def test_moments_that_a_run_goes_on_from(index, given, expected):
    usual = {"is_last_batch": False, "accumulate_grad_batches": 1, "val_check_batch": None}
    trainer = SimpleNamespace(**{**usual, "check_val_every_n_epoch": 1, **given})
    assert can_resume_after(trainer, index) is expected


# One of two processes is told to stop.
DRIVER = """
import os, signal
from lightning.pytorch.callbacks import LambdaCallback
import callbacks

def order(trainer, *_):
    if trainer.global_rank == 1 and trainer.global_step == 2:
        os.kill(os.getpid(), signal.SIGTERM)

original = callbacks.default_callbacks
moment = LambdaCallback(on_train_batch_end=order)
callbacks.default_callbacks = lambda *given: [*original(*given), moment]
from lifting.cli.main import main
main()
"""


def test_all_processes_stop_at_one_step_and_the_first_one_speaks(here):
    Path("driver.py").write_text(DRIVER)
    ddp = ("--trainer.devices", "2", "--trainer.strategy", "ddp", "--data.batch_size", "24")
    command = [sys.executable, "driver.py", "fit", *OPTIONS, *ddp, "--run", "pair"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 143, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    assert done.stderr.count("Terminated after step 2 (epoch 1 of 3), which is saved") == 1
    content = last("pair")
    assert content["global_step"] == 2
    assert len(content["callbacks"]["RNGState"]["ranks"]) == 2


# One of two processes fails, as the one that writes does at a full disk.
FAILING = """
import errno, os
from lightning.pytorch.callbacks import LambdaCallback
import callbacks

def fail(trainer, *_):
    if trainer.global_rank == 0 and trainer.global_step == 2:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "last.ckpt")

original = callbacks.default_callbacks
moment = LambdaCallback(on_train_batch_end=fail)
callbacks.default_callbacks = lambda *given: [*original(*given), moment]
from lifting.cli.main import main
main()
"""


def test_a_first_process_that_fails_alone_leaves_no_other_behind(here):
    Path("failing.py").write_text(FAILING)
    ddp = ("--trainer.devices", "2", "--trainer.strategy", "ddp", "--data.batch_size", "24")
    command = [sys.executable, "failing.py", "fit", *OPTIONS, *ddp, "--run", "failed"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    assert done.stderr.count("The disk is full") == 1


def test_an_order_after_the_processes_have_agreed_is_obeyed(tmp_path, monkeypatch):
    orders = Orders()
    monkeypatch.setattr("callbacks.interruption.ORDERS", orders)
    monkeypatch.setattr(Interruption, "_agree", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    with orders.heard():
        orders.wait_for("some time")
        with pytest.raises(StoppedError, match="after the training had ended"):
            Interruption(tmp_path).on_train_end(None, None)
