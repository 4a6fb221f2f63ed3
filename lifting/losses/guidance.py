"""Losses of a 2D detector that is guided by frozen lifters (L2D-Pose).

Lee, Hwang and Lee, "Learning 2D Human Poses for Better 3D Lifting via Multi-Model 3D-Guidance",
ACCV 2024.
Poses are root-relative; squares of metres, as published, so that the published weights apply.
"""

from collections.abc import Sequence
from itertools import combinations

import torch
from jaxtyping import Float
from torch import Tensor

_METRES = 1e-3


def axis_errors(
    pred: Float[Tensor, "B J 3"], target: Float[Tensor, "B J 3"]
) -> Float[Tensor, "B J 3"]:
    """Return squared errors of every coordinate, square metres.

    Args:
        pred: Lifted poses, millimetres.
        target: True poses, millimetres.
    """
    return (_METRES * (pred - target)).square()


def weighted_mean(
    errors: Float[Tensor, "B J axes"], weights: Float[Tensor, "B J"]
) -> Float[Tensor, ""]:
    """Return the mean over the axes of joints, each with its weight; zero where none has one."""
    return (errors.mean(-1) * weights).sum() / weights.sum().clamp_min(1)


def disagreement(
    poses: Sequence[Float[Tensor, "B J 3"]], weights: Float[Tensor, "B J"]
) -> Float[Tensor, ""]:
    """Return how far lifters are apart, over all pairs of them (local consistency), square metres."""
    pairs = [weighted_mean(axis_errors(a, b), weights) for a, b in combinations(poses, 2)]
    return torch.stack(pairs).sum() if pairs else weights.new_zeros(())


def keep_all_but_one(lifters: int, generator: torch.Generator) -> Float[Tensor, " lifters"]:
    """Return 1 for each lifter that guides and 0 for the one that does not, if any (lifter dropout).

    Each is left out once in ``lifters + 1`` draws, and once all guide.
    """
    left_out = torch.randint(lifters + 1, (1,), generator=generator)
    return (torch.arange(lifters) != left_out).float()
