"""Draws of the hidden keypoints of 2D poses from a density, given the keypoints that are seen.

A flow has no conditional density of some coordinates given others in closed form, but its joint density
is known up to a factor that does not matter: Hamiltonian Monte Carlo (Neal, "MCMC using Hamiltonian
dynamics", Handbook of Markov Chain Monte Carlo, 2011, https://arxiv.org/abs/1206.1901) draws from it.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

# Half steps of momentum and steps of place between two decisions.
LEAPFROG = 5
# The first step, in deviations of the coordinates, and what it may become.
FIRST, SHORTEST, LONGEST = 0.05, 1e-3, 0.5
# Factors on a chain's step after a place that is taken and one that is not: 8 of 10 are.
LONGER, SHORTER = 1.02, 0.92

Density = Callable[[Float[Tensor, "N K 2"]], Float[Tensor, " N"]]


class Draws(NamedTuple):
    """Completed 2D poses.

    Attributes:
        keypoints: Poses ``(B, D, K, 2)``; what is seen is what was given.
        nll: Negative log-likelihood of each, nats, of the whole pose.
        accepted: Fraction of places that were taken, over all chains.
    """

    keypoints: Tensor
    nll: Tensor
    accepted: Tensor


def nearest_poses(
    keypoints: Float[Tensor, "B K 2"],
    bank: Float[Tensor, "S K 2"],
    hidden: Int[Tensor, " hidden"],
    draws: int,
) -> Float[Tensor, "B D K 2"]:
    """Return poses with the hidden keypoints of those of a bank whose other keypoints are nearest.

    Args:
        keypoints: Poses; what is hidden is not looked at.
        bank: Whole poses, such as samples of the density; distances are in their deviations.
        hidden: Which keypoints are hidden.
        draws: How many to return for each pose, the nearest first.
    """
    shown = torch.ones(keypoints.shape[1], dtype=torch.bool, device=hidden.device)
    shown[hidden] = False
    # A joint that does not move, such as the root, has no deviation.
    scale = bank.std(0).clamp_min(1e-9)[shown]
    near = torch.cdist(
        (keypoints[:, shown] / scale).flatten(1), (bank[:, shown] / scale).flatten(1)
    )
    chosen = bank[near.topk(draws, largest=False).indices]
    completed = keypoints[:, None].expand(-1, draws, -1, -1).clone()
    completed[:, :, hidden] = chosen[:, :, hidden]
    return completed


def conditional_draws(
    nll: Density,
    start: Float[Tensor, "B D K 2"],
    hidden: Int[Tensor, " hidden"],
    scale: Float[Tensor, "hidden 2"],
    steps: int,
    generator: Generator,
) -> Draws:
    """Draw hidden keypoints, one chain for each start.

    Steps find their lengths chain by chain in the first half; in the second they stay as they are, as
    draws from the density must.

    Args:
        nll: Negative log-likelihood of whole 2D poses.
        start: Where the chains begin, see :func:`nearest_poses`.
        hidden: Which keypoints are drawn.
        scale: Deviation of each of their coordinates.
        steps: Places that are tried.
        generator: Source of the randomness, on the CPU.
    """
    poses, of_pose = start.flatten(0, 1), start.shape[:2]

    def completed(place: Tensor) -> Tensor:
        return poses.index_copy(1, hidden, place * scale)

    @torch.enable_grad()
    def energy(place: Tensor) -> tuple[Tensor, Tensor]:
        place = place.detach().requires_grad_(True)
        value = nll(completed(place))
        (gradient,) = torch.autograd.grad(value.sum(), place)
        return value.detach(), gradient

    def drawn(kind: Callable[..., Tensor], *shape: int) -> Tensor:
        return kind(*shape, generator=generator).to(place)

    place = poses[:, hidden] / scale
    value, slope = energy(place)
    step = torch.full_like(value, FIRST)[:, None, None]
    taken = torch.zeros_like(value)
    for turn in range(steps):
        begun = drawn(torch.randn, *place.shape)
        momentum, there, pull = begun - step / 2 * slope, place, slope
        for leap in range(LEAPFROG):
            there = there + step * momentum
            other, pull = energy(there)
            momentum = momentum - step * pull * (1.0 if leap < LEAPFROG - 1 else 0.5)
        gained = value - other + (begun.square() - momentum.square()).sum((-2, -1)) / 2
        # What is not finite is not taken.
        accept = drawn(torch.rand, len(value)).log() < gained.nan_to_num(-torch.inf, -torch.inf)
        chosen = accept[:, None, None]
        place, slope = there.where(chosen, place), pull.where(chosen, slope)
        value = other.where(accept, value)
        taken = taken + accept
        if turn < steps // 2:
            factor = torch.where(chosen, LONGER, SHORTER)
            step = (step * factor).clamp(SHORTEST, LONGEST)
    return Draws(
        completed(place).unflatten(0, of_pose),
        value.unflatten(0, of_pose),
        taken.mean() / max(steps, 1),
    )
