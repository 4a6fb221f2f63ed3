"""Relative-depth labels simulated from 3D poses: which of two joints is farther from the camera.

Ronchi et al., "It's all Relative: Monocular 3D human pose estimation from weakly supervised data",
BMVC 2018, sections 3 and 5.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from datamodules.examples.seeded_random import uniform
from datamodules.relative_depth.pairs import DepthPairs
from lifting.errors import InputError
from lifting.geometry import in_float64
from lifting.on_device import constant

# Distance from which on the crowd is always right; it guesses where two joints are equally far.
_CERTAIN_FROM_MM = 400.0


@dataclass(frozen=True)
class DepthLabels:
    """Simulated labels of the training frames.

    Pairs and mistakes are a function of seed and frame, so that they stay the same and need no table.

    Attributes:
        pairs: Pairs of joints that are compared in each frame, or ``all``.
        per_step: How many of them a training step sees, drawn anew each epoch; all where not given (1:
            as published).
        tolerance: Joints whose depths differ by no more than this, in millimetres, are equally far.
        noise: Fraction of wrong labels, or ``crowd``: as often wrong as people are, 50 percent where two
            joints are equally far, 25 percent at 200 mm, none from 400 mm on.
        seed: Seed of pairs and mistakes.
    """

    pairs: int | Literal["all"] = 1
    per_step: int | None = None
    tolerance: float = 0.0
    noise: float | Literal["crowd"] = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        option = "--data.depth_labels"
        if self.pairs != "all" and self.pairs < 1:
            raise InputError(f"{option}.pairs is {self.pairs}: give at least 1, or all.")
        if self.per_step is not None and self.per_step < 1:
            raise InputError(
                f"{option}.per_step is {self.per_step}: give at least 1, or leave it out."
            )
        if self.tolerance < 0:
            raise InputError(
                f"{option}.tolerance is {self.tolerance}: give millimetres, 0 or more."
            )
        if self.noise != "crowd" and not 0 <= self.noise <= 1:
            raise InputError(
                f"{option}.noise is {self.noise}: give a fraction from 0 to 1, or crowd."
            )
        if self.noise and self.tolerance:
            raise InputError(
                f"{option} has noise and a tolerance, which exclude each other: leave one out."
            )

    def of(
        self,
        depth: Float[Tensor, "B J"],
        clip: Int[Tensor, " B"],
        frame: Int[Tensor, " B"],
        epoch: int,
    ) -> DepthPairs:
        """Return the labelled pairs of joints of frames, from depth along the camera's axis, mm."""
        chosen = self._pairs(depth.shape[1], clip, frame, epoch)
        every = constant(combinations(range(depth.shape[1]), 2), depth.device, torch.long)
        pairs = every[chosen]
        first, second = depth.gather(1, pairs[..., 0]), depth.gather(1, pairs[..., 1])
        gap = in_float64(first - second)
        farther = gap.sign() * (gap.abs() > self.tolerance)
        random = uniform(4 * self.seed + 1, clip[:, None], frame[:, None], chosen)
        farther = torch.where(random < self.wrong(gap.abs()), -farther, farther)
        farther = farther.to(pairs.device, torch.int8)
        return DepthPairs(pairs, farther, torch.ones_like(farther, dtype=torch.bool))

    def _pairs(self, joints: int, clip: Tensor, frame: Tensor, epoch: int) -> Int[Tensor, "B P"]:
        """Return which of the pairs, counted as ``torch.combinations`` does, are compared."""
        count = joints * (joints - 1) // 2
        number = torch.arange(count, device=clip.device)
        if self.pairs == "all" or self.pairs >= count:
            chosen = number.expand(len(clip), -1)
        else:
            # Those with the largest draws: one pair is among the first two, and so on.
            random = uniform(4 * self.seed, clip[:, None], frame[:, None], number)
            chosen = random.topk(self.pairs, dim=1).indices.to(clip.device)
        if self.per_step is None or self.per_step >= chosen.shape[1]:
            return chosen
        now = torch.tensor(epoch, device=clip.device)
        random = uniform(4 * self.seed + 2, clip[:, None], frame[:, None], chosen, now)
        return chosen.gather(1, random.topk(self.per_step, dim=1).indices.to(clip.device))

    def wrong(self, gap: Float[Tensor, "*pairs"]) -> Float[Tensor, "*pairs"]:
        """Return the probability of a wrong label of joints whose depths differ by a gap, mm."""
        if self.noise == "crowd":
            return (0.5 - 0.5 * gap / _CERTAIN_FROM_MM).clamp_min(0)
        return torch.full_like(gap, self.noise)
