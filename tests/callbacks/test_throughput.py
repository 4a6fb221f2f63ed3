"""Throughput by a clock that is moved by hand, and by a device that works after it was asked."""

from types import SimpleNamespace

import pytest
import torch

from callbacks.throughput import Throughput


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr("time.perf_counter", lambda: now.seconds)
    return now


def logged(clock, device, steps, world_size=1):
    """What is logged of steps of four examples, which take a second each to ask for."""
    values = {}
    module = SimpleNamespace(log=lambda name, value: values.setdefault(name, []).append(value))
    strategy = SimpleNamespace(root_device=torch.device(device))
    trainer = SimpleNamespace(strategy=strategy, world_size=world_size)
    callback = Throughput(every_n_steps=2)
    for step in range(steps):
        clock.seconds += 10  # a validation, or waiting for data
        callback.on_train_batch_start(trainer, module, None, step)
        clock.seconds += 1
        callback.on_train_batch_end(trainer, module, None, {"clip": torch.zeros(4)}, step)
    return values


def test_examples_of_all_processes_count_and_pauses_do_not(clock):
    assert logged(clock, "cpu", 5, world_size=3) == {"train/examples_per_second": [12, 12]}


def test_what_a_gpu_has_still_to_do_is_waited_for_once_a_measurement(clock, monkeypatch):
    waits = []

    def synchronize(device):
        waits.append(device.type)
        clock.seconds += 6

    monkeypatch.setattr(torch.cuda, "synchronize", synchronize)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 2**31)
    values = logged(clock, "cuda", 4)
    assert values["train/examples_per_second"] == [1, 1]
    assert values["train/device_memory_gib"] == [2, 2]
    assert waits == ["cuda", "cuda"]
