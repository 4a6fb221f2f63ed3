"""Integration of velocities from noise to data, by a fixed number of steps."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

SOLVERS = ("euler", "heun")

Velocity = Callable[[Tensor, Tensor], Tensor]


def integrate(
    velocity: Velocity, start: Float[Tensor, "B *shape"], steps: int, solver: str = "euler"
) -> Float[Tensor, "B *shape"]:
    """Return where points are at time 1 that begin at time 0.

    Args:
        velocity: Takes points and their times ``(B,)``.
        start: Points at time 0.
        steps: Steps of equal length.
        solver: ``euler``, of first order, or ``heun``, of second, at twice the evaluations.
    """

    def at(time: float) -> Tensor:
        return torch.full_like(start.flatten(1)[:, 0], time)

    x, length = start, 1 / steps
    for step in range(steps):
        slope = velocity(x, at(step * length))
        if solver == "heun":
            ahead = velocity(x + length * slope, at((step + 1) * length))
            slope = (slope + ahead) / 2
        x = x + length * slope
    return x
