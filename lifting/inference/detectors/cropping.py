"""Crops of people on frames, in the shape that a network takes."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from PIL import Image as Pictures
from torch import Tensor

from lifting.imaging.boxes import box_around, overlap
from lifting.imaging.crops import PADDING, crop_affine, fit_aspect
from lifting.imaging.warping import warp
from lifting.inference.detectors.interfaces import Boxes, Image, Points

# How much larger than its keypoints the box of a person is, on each side: there are flesh and hair.
_MARGIN = 0.1
# Pixels; nothing can be seen in less.
_SMALLEST = 4.0


def crops_of(
    images: Sequence[Image],
    boxes: Sequence[Boxes],
    size: tuple[int, int],
    padding: float = PADDING,
) -> tuple[UInt8[ndarray, "M h w 3"], Float[Tensor, "M 2 3"]]:
    """Return the crops of all boxes of all images, and the affine maps from image to crop.

    The shape is that of the network's input, not of the frame: a person is never distorted, and as large
    in the crop of a wide frame as in that of a high one.

    Args:
        images: RGB.
        boxes: Left, top, right, bottom; those of each image.
        size: Width and height of the crops.
        padding: How much larger than its box a crop is.
    """
    crops: list[Image] = []
    affines = [torch.zeros(0, 2, 3)]
    for image, some in zip(images, boxes, strict=True):
        centre, scale = fit_aspect(torch.from_numpy(some).float(), size, padding)
        affine = crop_affine(centre, scale, size)
        picture = Pictures.fromarray(image)
        crops += [warp(picture, one.numpy(), size) for one in affine]
        affines.append(affine)
    empty = np.zeros((0, size[1], size[0], 3), np.uint8)
    return np.stack(crops) if crops else empty, torch.cat(affines)


def split(found: Tensor, boxes: Sequence[Boxes]) -> list[Points]:
    """Return what was found in all crops by image.

    Args:
        found: One row per crop of :func:`crops_of`.
        boxes: Those that were given to it.
    """
    return [part.numpy() for part in found.split([len(some) for some in boxes])]


def box_of(points: Float[ndarray, "K 3"], least: float) -> Float[ndarray, "4"] | None:
    """Return the box round the keypoints of a person, or None where there are none.

    Args:
        points: Pixels and confidence.
        least: Keypoints less sure do not count.
    """
    wanted = points[:, 2] >= least
    if wanted.sum() < 2:
        return None
    given = torch.from_numpy(points[:, :2]), torch.from_numpy(wanted)
    box: Float[ndarray, 4] = box_around(*given, _MARGIN).numpy()
    # Keypoints that all fall together are no person.
    return box if (box[2:] - box[:2]).max() >= _SMALLEST else None


def overlaps(boxes: Float[ndarray, "N 4"], others: Float[ndarray, "M 4"]) -> Float[ndarray, "N M"]:
    """Return how far each box overlaps each other one: intersection over union."""
    shape = (len(boxes), len(others), 4)
    every = torch.from_numpy(boxes)[:, None].expand(shape)
    shared: Float[ndarray, "N M"] = overlap(every, torch.from_numpy(others).expand(shape)).numpy()
    return shared
