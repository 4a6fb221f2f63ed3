"""Cost of a training: kept in checkpoints, added up over starts, without the test behind it."""

from types import SimpleNamespace

import pytest
import torch

from callbacks import training_cost
from callbacks.training_cost import TrainingCost

COMMIT = {"commit": "a" * 40, "modified": False}


@pytest.fixture
def clock(monkeypatch):
    """Clocks that a test sets: of the processor, and on the wall."""
    now = {"cores": 100.0, "wall": 1000.0}
    monkeypatch.setattr(training_cost, "core_seconds", lambda: now["cores"])
    monkeypatch.setattr(training_cost.time, "monotonic", lambda: now["wall"])
    monkeypatch.setattr(training_cost, "running_version", lambda: COMMIT)
    monkeypatch.setattr(training_cost, "hardware", lambda device, processes: f"{processes} x it")
    return now


def trainer(step=0):
    strategy = SimpleNamespace(root_device=torch.device("cpu"))
    return SimpleNamespace(global_step=step, world_size=2, strategy=strategy)


def saved(callback):
    checkpoint = {}
    callback.on_save_checkpoint(None, None, checkpoint)
    return checkpoint


def test_a_checkpoint_tells_what_it_took_so_far(clock):
    callback = TrainingCost()
    callback.on_train_start(trainer(), None)
    clock["cores"] += 5
    clock["wall"] += 7
    assert saved(callback)["trained"] == [
        {
            "step": 0,
            **COMMIT,
            "hardware": "2 x it",
            "processes": 2,
            "core_seconds": 5.0,
            "seconds": 7.0,
        }
    ]
    clock["cores"] += 1
    assert saved(callback)["trained"][0]["core_seconds"] == 6.0


def test_a_resumed_training_adds_a_start(clock):
    first = TrainingCost()
    first.on_train_start(trainer(), None)
    clock["cores"] += 5
    checkpoint = saved(first)
    clock["cores"] += 90  # of a step that was lost
    second = TrainingCost()
    second.on_load_checkpoint(None, None, checkpoint)
    second.on_train_start(trainer(40), None)
    clock["cores"] += 2
    starts = saved(second)["trained"]
    assert [(start["step"], start["core_seconds"]) for start in starts] == [(0, 5.0), (40, 2.0)]
    # Of checkpoints that were saved before there were costs.
    third = TrainingCost()
    third.on_load_checkpoint(None, None, {})
    assert saved(third)["trained"] == []


def test_what_comes_after_training_does_not_count(clock):
    callback = TrainingCost()
    callback.on_train_start(trainer(), None)
    clock["cores"] += 5
    callback.on_train_end(trainer(9), None)
    clock["cores"] += 50
    (start,) = saved(callback)["trained"]
    assert start["core_seconds"] == 5.0
