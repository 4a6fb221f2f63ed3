"""Speed as ratios: pieces of work timed in turns, and the table they make."""

import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from lifting.files import write_together

_PRODUCTS = {
    torch.ops.aten.mm.default,
    torch.ops.aten.addmm.default,
    torch.ops.aten.bmm.default,
    torch.ops.aten.baddbmm.default,
}


@dataclass(frozen=True)
class Figure:
    """What is compared with what, the ratio, and both sides of it with their unit."""

    what: str
    ratio: float
    ours: str
    reference: str


def has_fast_bf16() -> bool:
    """Tell whether the processor multiplies matrices in bfloat16 faster than in float32."""
    flags = Path("/proc/cpuinfo")
    text = flags.read_text(encoding="utf-8") if flags.is_file() else ""
    return "amx_bf16" in text or "avx512_bf16" in text


def precisions() -> list[bool]:
    """Return whether to time in bfloat16: no, and where that is fast yes."""
    return [False, True] if has_fast_bf16() else [False]


class Bfloat16InFloat32(TorchDispatchMode):
    """Multiplies bfloat16 matrices as units made for that do: summed in float32, then rounded.

    It tells what bfloat16 learns where there are none of them, on which torch takes a hundred times as
    long as in float32.
    """

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Run one operation."""
        rounds = func in _PRODUCTS and args[0].dtype == torch.bfloat16
        if rounds:
            args = tree_map_only(Tensor, Tensor.float, args)
        result = func(*args, **(kwargs or {}))
        return result.bfloat16() if rounds else result


def seconds(*works: Callable[[], object], rounds: int = 5) -> list[float]:
    """Median time of each piece of work, taken in turns: a machine whose speed drifts slows all."""
    for work in works:
        work()
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, own in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            own.append(time.perf_counter() - start)
    return [median(own) for own in times]


def step_of(
    loss: Callable[[], Tensor], optimizer: torch.optim.Optimizer, bfloat16: bool = False
) -> Callable[[], None]:
    """Return a training step, for :func:`seconds`."""

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            value = loss()
        value.backward()
        optimizer.step()

    return step


def speed_up(what: str, ours: float, reference: float) -> Figure:
    """Return how many times as fast as a reference something is, from the time each takes."""
    return Figure(what, reference / ours, _milliseconds(ours), _milliseconds(reference))


def fraction_of_time(what: str, ours: float, reference: float) -> Figure:
    """Return the fraction of a reference's time that something takes."""
    return Figure(what, ours / reference, _milliseconds(ours), _milliseconds(reference))


def compared_rates(what: str, unit: str, ours: float, reference: float) -> Figure:
    """Return how many times as many a second something does as a reference."""
    return Figure(what, ours / reference, f"{ours:,.0f} {unit}/s", f"{reference:,.0f} {unit}/s")


def fraction_of_products(
    what: str, operations: float, step: Callable[[], None], rows: int, bfloat16: bool = False
) -> Figure:
    """Return the fraction that a step of so many operations reaches of the speed of products alone.

    The products are of matrices of as many rows and of width 1024.
    """
    dtype = torch.bfloat16 if bfloat16 else torch.float32
    a, b = torch.rand(rows, 1024, dtype=dtype), torch.rand(1024, 1024, dtype=dtype)

    def products() -> None:
        for _ in range(20):
            a @ b

    ours, twenty = seconds(step, products, rounds=9)
    rate, product = operations / ours, 20 * 2 * rows * 1024 * 1024 / twenty
    return Figure(
        f"{what}, {str(dtype).removeprefix('torch.')}, fraction of its GEMM rate",
        rate / product,
        f"{rate / 1e9:,.0f} GFLOP/s ({_milliseconds(ours)})",
        f"{product / 1e9:,.0f} GFLOP/s",
    )


def _milliseconds(time: float) -> str:
    return f"{1000 * time:,.1f} ms"


def report(figures: Sequence[Figure], json_file: str | None) -> None:
    """Print figures with the machine they were measured on, and write them if asked."""
    machine = (
        f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}"
    )
    table = Table("figure", "ratio", "ours", "reference", title=machine)
    for figure in figures:
        table.add_row(figure.what, f"{figure.ratio:.2f}", figure.ours, figure.reference)
    Console(width=120).print(table)
    if json_file is not None:
        content = {"machine": machine, "figures": [asdict(figure) for figure in figures]}
        write_together({Path(json_file): json.dumps(content, indent=2).encode()})
