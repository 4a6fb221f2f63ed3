"""Progress of a run: what is said of it, when, and what reading it costs."""

import math
from types import SimpleNamespace

import pytest
import torch

from callbacks.progress import ProgressLines, monitored, total_batches

# Epochs of ten batches, of three examples each.
BATCH = {"clip": torch.zeros(3)}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("callbacks.progress.time.monotonic", clock)
    return clock


class Metrics(dict):
    """Metrics that count how often one is read."""

    reads = 0

    def __getitem__(self, name):
        Metrics.reads += 1
        return super().__getitem__(name)


def trainer(**more):
    usual = {
        "world_size": 2,
        "max_epochs": 2,
        "max_steps": -1,
        "num_training_batches": 10,
        "accumulate_grad_batches": 1,
        "current_epoch": 0,
        "global_step": 0,
        "num_val_batches": [4],
        "sanity_checking": False,
        "callback_metrics": Metrics({"train/loss": torch.tensor(0.25)}),
        "checkpoint_callbacks": [],
        "is_global_zero": True,
        "state": SimpleNamespace(fn="fit"),
        "fit_loop": SimpleNamespace(total_batch_idx=-1),
        "lightning_module": SimpleNamespace(automatic_optimization=True),
    }
    return SimpleNamespace(**{**usual, **more})


def step(lines: ProgressLines, run: SimpleNamespace, clock: Clock, seconds: float) -> None:
    clock.now += seconds
    run.fit_loop.total_batch_idx += 1
    run.global_step += 1
    lines.on_train_batch_end(run, None, None, BATCH, 0)


def test_lines_come_early_and_then_at_intervals(clock, capsys):
    lines, run = ProgressLines(every=30), trainer()
    lines.on_train_start(run, None)
    told = []
    for _ in range(10):
        step(lines, run, clock, 4)
        told.append(capsys.readouterr().out)
    # After 8 and 40 seconds: five of ten seconds, then thirty later.
    assert [bool(line) for line in told] == [False, True, *7 * [False], True]
    assert told[1] == (
        # Two examples of six in eight seconds; eighteen more batches of four seconds.
        "epoch 1/2, step 2/20, loss 0.25, 2 examples/s, 0:01:12 left\n"
    )


def test_nothing_is_read_from_the_device_between_two_lines(clock):
    lines, run = ProgressLines(every=30), trainer()
    lines.on_train_start(run, None)
    step(lines, run, clock, 6)
    before = Metrics.reads
    for _ in range(5):
        step(lines, run, clock, 1)
    assert Metrics.reads == before


def test_a_validation_is_told_and_does_not_count_as_training(clock, capsys):
    lines, run = ProgressLines(every=10), trainer()
    keeper = SimpleNamespace(monitor="val/mpjpe")
    lines.on_train_start(run, None)
    step(lines, run, clock, 1)
    lines.on_validation_start(run, None)
    clock.now += 6
    lines.on_validation_batch_end(run, None)
    assert capsys.readouterr().out == "validation 1/4, epoch 1/2, step 1/20, loss 0.25\n"
    run.checkpoint_callbacks = [_keeper(keeper.monitor)]
    run.callback_metrics["val/mpjpe"] = torch.tensor(71.26)
    lines.on_validation_end(run, None)
    step(lines, run, clock, 11)
    told = capsys.readouterr().out
    assert "val/mpjpe 71.3 mm" in told
    # Twelve examples in the twelve seconds of training; the seventeen of both are for one batch.
    assert "1 examples/s, 0:05:06 left" in told


def _keeper(monitor):
    from callbacks import BestCheckpoint

    return BestCheckpoint(dirpath="x", monitor=monitor)


def test_other_processes_say_nothing(clock, capsys):
    lines, run = ProgressLines(every=1), trainer(is_global_zero=False)
    lines.setup(run, None, "fit")
    lines.on_train_start(run, None)
    step(lines, run, clock, 60)
    assert not capsys.readouterr().out


def test_without_a_loss_the_first_value_of_training_is_shown(clock, capsys):
    values = Metrics({"train/critic": torch.tensor(2.0), "val/mpjpe": torch.tensor(1.0)})
    manual = SimpleNamespace(automatic_optimization=False)
    lines, run = ProgressLines(every=1), trainer(callback_metrics=values, lightning_module=manual)
    lines.on_train_start(run, None)
    step(lines, run, clock, 6)
    # Steps of several optimisers are no batches.
    assert capsys.readouterr().out == "epoch 1/2, step 1, critic 2, 1 examples/s\n"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, 20),
        ({"max_steps": 4, "accumulate_grad_batches": 3}, 12),
        ({"max_epochs": -1, "max_steps": 7}, 7),
        ({"max_epochs": -1}, math.inf),
    ],
)
def test_batches_of_the_whole_run(given, expected):
    assert total_batches(trainer(**given)) == expected


def test_what_the_best_is_chosen_by():
    assert monitored(trainer()) is None
    assert monitored(trainer(checkpoint_callbacks=[_keeper("val/mpjpe")])) == "val/mpjpe"
