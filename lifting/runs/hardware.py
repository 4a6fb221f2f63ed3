"""Hardware of a run: its processor, threads and accelerators, and the processor time it has used."""

import os
import platform
from functools import cache
from pathlib import Path

import torch

_CPUINFO = Path("/proc/cpuinfo")


@cache
def processor() -> str:
    """Return the name of the processor, as far as the system tells it.

    Example:
        >>> bool(processor())
        True
    """
    if _CPUINFO.is_file():
        for line in _CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()


def hardware(device: torch.device, processes: int) -> str:
    """Return what a run is computed on, in words.

    Args:
        device: The device of this process.
        processes: How many processes there are.
    """
    if device.type == "cuda":
        return f"{processes} x {torch.cuda.get_device_name(device)}, {processor()}"
    threads = torch.get_num_threads()
    of_each = f"{threads} thread{'s' if threads > 1 else ''}"
    return f"{processor()}, {of_each}" + (f", {processes} processes" if processes > 1 else "")


def core_seconds() -> float:
    """Return the processor time of this process, and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
