"""Gradients and random numbers of several processes that train together, as if they were one."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from lifting.methods.bases.view_rotation import Turns

Drawn = TypeVar("Drawn", Tensor, Turns)


def _rank_and_size() -> tuple[int, int]:
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace gradients by their means over all processes, of which every one must call this.

    For parameters whose gradients DDP does not see: of networks that it does not know, or that take
    turns. One message holds them all.
    """
    _, size = _rank_and_size()
    gradients = [p.grad for p in parameters if p.grad is not None]
    if size == 1 or not gradients:
        return
    message = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(message.div_(size))
    parts = message.split([gradient.numel() for gradient in gradients])
    torch._foreach_copy_(
        gradients, [part.view_as(g) for part, g in zip(parts, gradients, strict=True)]
    )


def drawn_together(draw: Callable[[int], Drawn], examples: int, dim: int = 0) -> Drawn:
    """Return random numbers for the examples of this process, as one process would draw them.

    A batch of all processes is dealt out example by example, and so are its numbers.

    Args:
        draw: Draws the numbers of so many examples, a tensor or several, from a generator that has the
            same state in all processes.
        examples: Examples of this process.
        dim: The dimension that examples are along.
    """
    rank, size = _rank_and_size()
    drawn = draw(size * examples)
    own = (*[slice(None)] * dim, slice(rank, None, size))
    if isinstance(drawn, Tensor):
        return drawn[own]
    return type(drawn)(*(part[own] for part in drawn))
