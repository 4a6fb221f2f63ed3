"""Constants and random draws on a device, without a wait of the host for it.

``x[:, [3, 5]]`` or ``torch.tensor(values, device=...)`` copy a few numbers to the device at every call,
and the host waits until the device has done all that was asked of it before. A constant is therefore
made once, and what is drawn on the host is sent ahead of the work that takes it.
"""

from collections.abc import Iterable
from typing import cast

import torch
from jaxtyping import Int
from torch import Tensor
from torch._subclasses import FakeTensor
from torch.utils._python_dispatch import _disable_current_modes


def indices(places: Iterable[int], device: torch.device) -> Int[Tensor, " places"]:
    """Return places, as of joints, to index with; made once for a device, not to be written to."""
    return _constant(tuple(places), device, torch.long)


def constant(
    values: Iterable[float] | Iterable[Iterable[float]], device: torch.device, dtype: torch.dtype
) -> Tensor:
    """Return numbers, or rows of them, made once for a device, not to be written to."""
    kept = tuple(tuple(v) if isinstance(v, Iterable) else v for v in values)
    return _constant(kept, device, dtype)


_KEPT: dict[tuple[object, torch.device, torch.dtype], Tensor] = {}


class _Named:
    """The same as attributes, for compiled steps, which tell them apart by their names."""


def _constant(values: tuple[object, ...], device: torch.device, dtype: torch.dtype) -> Tensor:
    if torch.compiler.is_dynamo_compiling():
        # A tensor that a function returns as a constant is told from others by the function alone, and
        # a step with two of them cannot be compiled.
        return cast(Tensor, getattr(_Named, _name(values, device, dtype)))
    key = (values, device, dtype)
    if (kept := _KEPT.get(key)) is not None:
        return kept
    # It outlives whatever surrounds the first call: a mode without gradients, a tracer.
    with torch.inference_mode(False):
        with _disable_current_modes():
            numbers = torch.tensor(values, dtype=dtype)
        there = numbers.to(device)
    if not isinstance(there, FakeTensor):
        _KEPT[key] = there
    return there


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def _name(values: tuple[object, ...], device: torch.device, dtype: torch.dtype) -> str:
    kept = _constant(values, device, dtype)
    name = f"number_{list(_KEPT).index((values, device, dtype))}"
    # A graph that is captured need not copy what stays where it is.
    torch._dynamo.mark_static_address(kept, guard=False)
    setattr(_Named, name, kept)
    return name


def sent(values: Tensor, like: Tensor) -> Tensor:
    """Return values of the host on the device of a tensor, in its type, without waiting for the copy."""
    values = values.to(like.dtype)
    if like.device.type == "cuda":
        # Out of ordinary memory it could not be copied later.
        values = values.pin_memory()
    return values.to(like.device, non_blocking=True)
