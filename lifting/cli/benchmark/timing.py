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

_PRODUCTS = {
    torch.ops.aten.mm.default,
    torch.ops.aten.addmm.default,
    torch.ops.aten.bmm.default,
    torch.ops.aten.baddbmm.default,
}


@dataclass(frozen=True)
class Figure:
    """One ratio of a benchmark.

    Attributes:
        what: What is compared with what.
        ratio: The figure.
        ours: What the suite does, with its unit.
        reference: What it is compared with.
    """

    what: str
    ratio: float
    ours: str
    reference: str


def has_fast_bf16() -> bool:
    """Tell whether the processor multiplies matrices in bfloat16 faster than in float32."""
    flags = Path("/proc/cpuinfo")
    text = flags.read_text() if flags.is_file() else ""
    return "amx_bf16" in text or "avx512_bf16" in text


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
    loss: Callable[[], Tensor],
    optimizer: torch.optim.Optimizer,
    bfloat16: bool = False,
    device: str = "cpu",
) -> Callable[[], None]:
    """Return a training step, for :func:`seconds`."""

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast(device, torch.bfloat16, enabled=bfloat16):
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


def fraction_of_products(what: str, operations: float, ours: float, product: float) -> Figure:
    """Return the fraction of the speed of a matrix product that something reaches.

    Args:
        what: What it is.
        operations: Its floating-point operations.
        ours: Seconds it takes.
        product: Operations per second of a matrix product of such sizes.
    """
    rate = operations / ours
    text = f"{rate / 1e9:,.0f} GFLOP/s ({_milliseconds(ours)})"
    return Figure(what, rate / product, text, f"{product / 1e9:,.0f} GFLOP/s")


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
        Path(json_file).write_text(json.dumps(content, indent=2))
