"""Pairs of joints of which one is farther from the camera, as tensors, one row per image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int, Int8
from torch import Tensor

from datamodules.relative_depth.annotation_file import AnnotatedImage, DepthAnnotation
from lifting.batch import PoseBatch
from lifting.errors import InputError
from lifting.on_device import indices
from lifting.skeletons import Skeleton, skeleton

_JOINTS = skeleton("lsp14").joints


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
        """Return the pairs on a device."""
        moved = (x.to(device) for x in (self.pairs, self.farther, self.compared))
        return DepthPairs(*moved)

    def rows(self, images: Int[Tensor, " B"]) -> "DepthPairs":
        """Return the pairs of images."""
        return DepthPairs(self.pairs[images], self.farther[images], self.compared[images])

    def mirrored(self, which: Bool[Tensor, " N"], joints: Skeleton) -> "DepthPairs":
        """Return the pairs with left and right joints exchanged in some rows; depth stays as it is."""
        order = indices(joints.mirror, self.pairs.device)
        exchange = which[:, None] & self.compared
        pairs = torch.where(exchange[..., None], order[self.pairs], self.pairs)
        return DepthPairs(pairs, self.farther, self.compared)

    def into(self, batch: PoseBatch) -> None:
        """Add the pairs to the batch of their images."""
        batch["pairs"], batch["farther"], batch["compared"] = (
            self.pairs,
            self.farther,
            self.compared,
        )


def depth_pairs(
    images: Sequence[str],
    annotations: Mapping[str, Sequence[DepthAnnotation]],
    joints: Skeleton,
    slots: int,
) -> DepthPairs:
    """Lay annotations out as tensors.

    Args:
        images: Names of the images, one row each; an image without annotations has empty slots.
        annotations: By name of the image.
        joints: Joint set that the pairs index.
        slots: Number of slots, at least as many as any image has annotations.

    Raises:
        InputError: If the joint set lacks a joint that was compared.
    """
    pairs = torch.zeros(len(images), slots, 2, dtype=torch.long)
    farther = torch.zeros(len(images), slots, dtype=torch.int8)
    compared = torch.zeros(len(images), slots, dtype=torch.bool)
    for row, name in enumerate(images):
        for slot, annotation in enumerate(annotations.get(name, ())):
            ends = [_JOINTS[joint] for joint in (annotation.first, annotation.second)]
            pairs[row, slot] = torch.tensor([joints.index(joint) for joint in ends])
            farther[row, slot] = 2 * annotation.label - 1
            compared[row, slot] = True
    return DepthPairs(pairs, farther, compared)


def annotations_by_image(
    images: Sequence[AnnotatedImage], max_risk: float | None = None
) -> dict[str, list[DepthAnnotation]]:
    """Return the annotations up to a risk by name of the image; an image without any is left out.

    Raises:
        InputError: If a risk is asked for and an annotation has none.
    """
    chosen: dict[str, list[DepthAnnotation]] = {}
    for image in images:
        for annotation in image.annotations:
            if max_risk is not None:
                if annotation.risk is None:
                    raise InputError(
                        f"an annotation of '{image.name}' has no 'risk': leave out --data.max_risk."
                    )
                if annotation.risk > max_risk:
                    continue
            chosen.setdefault(image.name, []).append(annotation)
    return chosen
