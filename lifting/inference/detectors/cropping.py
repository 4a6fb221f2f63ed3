"""Crops of people on frames, in the shape that a network takes."""

from collections.abc import Sequence

import numpy as np
import PIL.Image
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor

from lifting.imaging.boxes import box_around
from lifting.imaging.crops import PADDING, crop_affine, fit_aspect
from lifting.imaging.warping import warp
from lifting.inference.detectors.interfaces import Boxes, Image, Points

# How much larger than its keypoints the box of a person is, on each side: keypoints lie within the body.
_MARGIN = 0.1
# Pixels; nothing can be seen in less.
_SMALLEST = 4.0


def crop_people(
    images: Sequence[Image], boxes: Sequence[Boxes], size: tuple[int, int], padding: float = PADDING
) -> tuple[UInt8[ndarray, "M h w 3"], Float[Tensor, "M 2 3"]]:
    """Return the crops of all boxes of all images, and the affine maps from image to crop.

    The shape is that of the network's input, not of the frame: a person is never distorted, and as large
    in the crop of a wide frame as in that of a high one. A crop is larger than its box by ``padding``.
    """
    crops: list[Image] = []
    affines = [torch.zeros(0, 2, 3)]
    for image, image_boxes in zip(images, boxes, strict=True):
        centre, scale = fit_aspect(torch.from_numpy(image_boxes).float(), size, padding)
        affine = crop_affine(centre, scale, size)
        picture = PIL.Image.fromarray(image)
        crops += [warp(picture, matrix.numpy(), size) for matrix in affine]
        affines.append(affine)
    empty = np.zeros((0, size[1], size[0], 3), np.uint8)
    return np.stack(crops) if crops else empty, torch.cat(affines)


def split_by_image(rows: Tensor, boxes: Sequence[Boxes]) -> list[Points]:
    """Return rows, one per crop of :func:`crop_people`, by image."""
    return [part.numpy() for part in rows.split([len(image_boxes) for image_boxes in boxes])]


def keypoint_box(
    points: Float[ndarray, "K 3"], min_confidence: float
) -> Float[ndarray, "4"] | None:
    """Return the bounding box of the keypoints ``(x, y, confidence)`` of a person, or None for too few.

    Those of less than the confidence do not count.
    """
    confident = points[:, 2] >= min_confidence
    if confident.sum() < 2:
        return None
    pixels, counts = torch.from_numpy(points[:, :2]), torch.from_numpy(confident)
    box: Float[ndarray, 4] = box_around(pixels, counts, _MARGIN).numpy()
    # Keypoints that all fall together are no person.
    return box if (box[2:] - box[:2]).max() >= _SMALLEST else None
