"""Tests of the hardware of a run in words, and of its processor time."""

import time

import pytest
import torch

from lifting.runs import hardware as module
from lifting.runs.hardware import core_seconds, hardware, processor


@pytest.fixture
def cpuinfo(tmp_path, monkeypatch):
    """A file in place of the system's."""
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(module, "_CPUINFO", path)
    processor.cache_clear()
    yield path
    processor.cache_clear()


def test_the_processor_has_the_name_that_the_system_gives_it(cpuinfo):
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Some Chip 7\n\nmodel name\t: Another\n")
    assert processor() == "Some Chip 7"
    assert hardware(torch.device("cpu"), 1).startswith("Some Chip 7, ")
    assert hardware(torch.device("cpu"), 3).endswith(", 3 processes")


def test_a_system_that_does_not_tell_has_its_architecture(cpuinfo):
    assert processor()


def test_accelerators_come_first(cpuinfo, monkeypatch):
    cpuinfo.write_text("model name : Chip\n")
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Accelerator")
    assert hardware(torch.device("cuda"), 2) == "2 x Accelerator, Chip"


def test_processor_time_passes_with_work_and_not_with_waiting():
    before = core_seconds()
    time.sleep(0.05)
    waited = core_seconds() - before
    while core_seconds() == before + waited:
        sum(range(1000))
    assert waited < 0.04
