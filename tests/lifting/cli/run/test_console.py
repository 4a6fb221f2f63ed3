"""The console of a run: in a terminal, in a file, and quiet; what it ends with, and what is not said."""

import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from lifting.cli.training import run

pytestmark = [
    pytest.mark.slow(reason="trains from the command line"),
    pytest.mark.xdist_group("console"),
]

ROOT = Path(__file__).parents[4]
CONFIGS = ("base", "data/synthetic", "supervised/simple_baseline")
OPTIONS = [
    *(word for c in CONFIGS for word in ("-c", str(ROOT / f"experiments/{c}.yaml"))),
    *("--data.frames_per_sequence", "6", "--data.actions", "[Walking]"),
    *("--data.batch_size", "48", "--model.width", "16", "--trainer.log_every_n_steps", "1"),
    *("--trainer.max_epochs", "3", "--trainer.accelerator", "cpu"),
    *("--wandb", "disabled", "--pictures", "false"),
]
NO_NEWS = ("Tip", "litlogger", "GPU available", "TPU", "HPU", "FLOPs", "v_num", "max_epochs=")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, give_synthetic) -> Path:
    folder = tmp_path_factory.mktemp("console")
    give_synthetic(folder / "data")
    return folder


@pytest.fixture
def here(folder, monkeypatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def in_terminal(here, monkeypatch) -> Callable[..., str]:
    """What runs a command in a terminal of 80 columns, and returns what is on it."""

    def run_in_terminal(*words: str) -> str:
        ours, its = os.openpty()
        seen: list[bytes] = []

        def read() -> None:
            try:
                while piece := os.read(ours, 1 << 16):
                    seen.append(piece)
            except OSError:  # The other end is closed.
                pass

        reader = threading.Thread(target=read)
        reader.start()
        with monkeypatch.context() as patch, os.fdopen(its, "w") as terminal:
            patch.setenv("TERM", "xterm")
            patch.setenv("COLUMNS", "80")
            patch.setattr(sys, "stdout", terminal)
            run(list(words))
        reader.join()
        os.close(ours)
        return b"".join(seen).decode()

    return run_in_terminal


def test_a_run_in_a_terminal_shows_one_bar_over_all_epochs(in_terminal, monkeypatch, capfd):
    monkeypatch.setattr("callbacks.progress_bar._EVERY", 0.0)
    shown = in_terminal("fit", *OPTIONS, "--run", "bar")
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert re.search(
        r"━ epoch 2/3  step 7/12  loss [\d.]+  val/mpjpe [\d.]+ mm  0:00:\d\d left", plain
    )
    assert "━ epoch 3/3  step 12/12" in plain
    # The cursor is back, and what comes then is below the bar.
    assert shown.rindex("\x1b[?25h") < shown.index("Trained to step 12")
    assert "Next: lifting test --run bar" in plain
    said = plain + capfd.readouterr().err
    assert not [word for word in NO_NEWS if word in said]


def test_a_run_in_a_file_has_lines_and_the_next_commands(here, capfd):
    # Beside a callback of the configuration.
    more = ("--progress_every", "0.001", "--trainer.callbacks+=callbacks.EMA")
    run(["fit", *OPTIONS, *more, "--run", "lines", "--test", "true"])
    said, errors = capfd.readouterr()
    lines = said.splitlines()
    shown = [line for line in lines if line.startswith("epoch ")]
    assert len(shown) > 8
    assert re.match(
        r"epoch 2/3, step 7/12, loss [\d.]+, val/mpjpe [\d.]+ mm, [\d,]+ examples/s, ", shown[6]
    )
    assert "\x1b" not in said
    (best,) = (line for line in lines if line.startswith("Best "))
    told = r"Best val/mpjpe: [\d.]+ mm in epoch \d, in runs/lines/checkpoints/best\.ckpt"
    assert re.fullmatch(told, best)
    assert lines[-2:] == [
        "Next: lifting report lines",
        "  or: lifting lift FILE --checkpoint runs/lines/checkpoints/best.ckpt",
    ]
    assert not [word for word in NO_NEWS if word in said + errors]


def test_a_quiet_run_has_neither(here, capfd):
    quiet = ("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false")
    run(["fit", *OPTIONS, *quiet, "--progress_every", "0.001", "--run", "quiet"])
    said = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == ["Trained", "Best", "Next:"]


def test_a_run_that_is_over_says_so(here, capfd):
    keeper = "--trainer.callbacks+=lightning.pytorch.callbacks.ModelCheckpoint"
    elsewhere = (keeper, "--trainer.callbacks.dirpath", "elsewhere")
    again = ["fit", *OPTIONS, "--run", "over", "--trainer.max_epochs", "1", "--ckpt_path", "last"]
    again += elsewhere
    run(again)
    said = capfd.readouterr().out
    assert "There was nothing left to train." not in said
    assert "Last epoch: 1, in " in said
    assert "elsewhere/epoch=0" in said
    run(again)
    assert "There was nothing left to train." in capfd.readouterr().out


def test_a_bar_of_the_configuration_stays(here, capfd):
    bar = "--trainer.callbacks+=lightning.pytorch.callbacks.TQDMProgressBar"
    run(["fit", *OPTIONS, bar, "--run", "tqdm", "--trainer.max_epochs", "1"])
    said = "".join(capfd.readouterr())
    assert "it/s" in said
    assert "examples/s" not in said
