"""Noise on 2D keypoints, for training against a detector's mistakes and for testing with them."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from datamodules.examples.seeded_random import normal, uniform
from lifting.errors import InputError


@dataclass(frozen=True)
class KeypointNoise:
    """Displacements of keypoints, a function of seed, epoch and frame.

    Attributes:
        kind: ``normal``; ``uniform``, a square; or ``radial``, a fixed distance in any direction.
        amount: Standard deviation, half the side, or the distance, in pixels.
        fixed: The same displacements in every epoch.
        seed: Seed of the displacements.
    """

    kind: Literal["normal", "uniform", "radial"] = "normal"
    amount: float = 0.0
    fixed: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise InputError(f"Keypoint noise is {self.amount}: give pixels, 0 or more.")

    def displacements(
        self, clip: Int[Tensor, "..."], frame: Int[Tensor, "..."], joints: int, epoch: int
    ) -> Float[Tensor, "... K 2"]:
        """Return the displacement of every keypoint of some frames of numbered clips, pixels."""
        axis = torch.arange(2, device=clip.device)
        joint = torch.arange(joints, device=clip.device)
        now = torch.tensor(0 if self.fixed else epoch, device=clip.device)
        of_joint = clip[..., None], frame[..., None], joint, now
        each = *(c[..., None] for c in of_joint), axis
        if self.kind == "normal":
            unit = normal(self.seed, *each)
        elif self.kind == "uniform":
            unit = 2 * uniform(self.seed, *each) - 1
        else:
            angle = 2 * torch.pi * uniform(self.seed, *of_joint)
            unit = torch.stack([angle.cos(), angle.sin()], -1)
        return (self.amount * unit).float().to(clip.device)
