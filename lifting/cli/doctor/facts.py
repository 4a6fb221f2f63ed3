"""Facts of a machine that trainings depend on: versions, devices, precisions, compilers, NCCL."""

import os
import platform
import shutil
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import torch
import torch.distributed as dist

from lifting.cli.benchmark.timing import has_fast_bf16
from lifting.cli.options.vocabulary import GROUPS, offered
from lifting.errors import InputError
from lifting.extensions import Extension


@dataclass(frozen=True)
class Precision:
    """A precision of a device, which is compared with float32 on the CPU.

    Attributes:
        name: What people call it.
        trainer: What the Trainer calls it.
        accelerator: gpu or cpu.
        first: By what share of their size the losses of the first step may differ.
        later: The same of the steps that follow, in which an optimiser makes more of small gradients.
    """

    name: str
    trainer: str
    accelerator: str
    first: float
    later: float


def uses_gpu(cpu: bool) -> bool:
    """Return whether trainings go to a GPU."""
    return torch.cuda.is_available() and not cpu


def precisions(cpu: bool) -> list[Precision]:
    """Return what is compared with float32 on the CPU; lower ones round products to 3 digits."""
    bfloat16 = Precision("bfloat16", "bf16-mixed", "gpu", 0.1, 1.0)
    if not uses_gpu(cpu):
        return [replace(bfloat16, accelerator="cpu")]
    return [
        Precision("float32", "32-true", "gpu", 1e-3, 0.05),
        bfloat16,
        Precision("float16", "16-mixed", "gpu", 0.1, 1.0),
    ]


def facts(cpu: bool = False) -> dict[str, Any]:
    """Return what this machine has, as JSON can hold it."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "lightning": version("lightning"),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "cpu_bfloat16": has_fast_bf16(),
        "compiler": shutil.which("g++") or shutil.which("clang++") or shutil.which("cl"),
        "nccl": _nccl(),
        "cuda": torch.version.cuda,
        "gpus": [_gpu(number) for number in range(torch.cuda.device_count())],
        "device": "gpu" if uses_gpu(cpu) else "cpu",
        "extensions": [_extension(found) for part in GROUPS for found in offered(part)],
    }


def _extension(found: Extension) -> dict[str, str]:
    """Return a method or a dataset of another package, and why it cannot be used, if so."""
    said = {"name": found.name, "package": found.package, "fault": ""}
    try:
        found.load(object)
    except InputError as error:
        said["fault"] = error.what
    return said


def _nccl() -> str | None:
    if not (dist.is_available() and dist.is_nccl_available() and torch.cuda.is_available()):
        return None
    return ".".join(map(str, torch.cuda.nccl.version()))


def _gpu(number: int) -> dict[str, Any]:
    properties = torch.cuda.get_device_properties(number)
    free, total = torch.cuda.mem_get_info(number)
    return {
        "name": properties.name,
        "capability": f"{properties.major}.{properties.minor}",
        "memory_gib": round(total / 2**30, 1),
        "free_gib": round(free / 2**30, 1),
        "bfloat16": torch.cuda.is_bf16_supported(),
    }
