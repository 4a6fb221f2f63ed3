"""Pairs of joints of which one is farther from the camera, as tensors, one row per image."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int, Int8
from torch import Tensor

from lifting.batch import PoseBatch
from lifting.skeletons import Skeleton


@dataclass
class DepthPairs:
    """Pairs of joints whose depth was compared, ``P`` slots for each of ``N`` images.

    Attributes:
        pairs: Joints of the keypoint skeleton; 0 and 0 in an empty slot.
        farther: +1 where the first joint is farther away, -1 where it is nearer, 0 where both are
            equally far and in an empty slot.
        compared: Which slots are filled.
    """

    pairs: Int[Tensor, "N P 2"]
    farther: Int8[Tensor, "N P"]
    compared: Bool[Tensor, "N P"]

    def to(self, device: torch.device) -> "DepthPairs":
        """Return them on a device."""
        moved = (x.to(device) for x in (self.pairs, self.farther, self.compared))
        return DepthPairs(*moved)

    def rows(self, images: Int[Tensor, " B"]) -> "DepthPairs":
        """Return those of some images."""
        return DepthPairs(self.pairs[images], self.farther[images], self.compared[images])

    def mirrored(self, which: Bool[Tensor, " N"], joints: Skeleton) -> "DepthPairs":
        """Return them with left and right joints exchanged in some rows; depth stays as it is."""
        order = torch.tensor(joints.mirror, device=self.pairs.device)
        exchange = which[:, None] & self.compared
        pairs = torch.where(exchange[..., None], order[self.pairs], self.pairs)
        return DepthPairs(pairs, self.farther, self.compared)

    def into(self, batch: PoseBatch) -> None:
        """Add them to the batch of the images."""
        batch["pairs"], batch["farther"], batch["compared"] = (
            self.pairs,
            self.farther,
            self.compared,
        )
