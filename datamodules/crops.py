"""Crops of images: which part of an image a network sees, as an affine map that can be undone.

Pixels count as points on a continuous axis, from 0 at the left or upper edge to the size of the image;
the centre of the first pixel is at 0.5. An affine is ``(2, 3)`` and maps image pixels to crop pixels.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def box_around(
    points: Float[Tensor, "*batch points 2"],
    wanted: Bool[Tensor, "*batch points"],
    margin: float = 0.0,
) -> Float[Tensor, "*batch 4"]:
    """Return the box (left, top, right, bottom) of the points wanted.

    Args:
        points: Pixels; those that are not wanted may be NaN.
        wanted: Which points the box is to hold; at least one.
        margin: How much wider and higher than the points, as a share, on each side.
    """
    low = points.masked_fill(~wanted[..., None], torch.inf).amin(-2)
    high = points.masked_fill(~wanted[..., None], -torch.inf).amax(-2)
    more = margin * (high - low)
    return torch.cat([low - more, high + more], -1)


def fit_aspect(
    box: Float[Tensor, "*batch 4"], width: int, height: int, padding: float = 1.25
) -> tuple[Float[Tensor, "*batch 2"], Float[Tensor, "*batch"]]:
    """Return the centre of a box, and how many crop pixels one of its pixels is.

    The box grows to the shape of the crop, then by the padding (Xiao et al., ECCV 2018).

    Args:
        box: Left, top, right, bottom; pixels.
        width: Width of the crop.
        height: Its height.
        padding: How much larger than the box the crop is.
    """
    centre = (box[..., :2] + box[..., 2:]) / 2
    extent = (box[..., 2:] - box[..., :2]) / box.new_tensor([width, height])
    return centre, 1 / (padding * extent.amax(-1)).clamp_min(1e-6)


def crop_affine(
    centre: Float[Tensor, "*batch 2"],
    scale: Float[Tensor, "*batch"],
    width: int,
    height: int,
    rotation: Float[Tensor, "*batch"] | None = None,
    flip: Bool[Tensor, "*batch"] | None = None,
) -> Float[Tensor, "*batch 2 3"]:
    """Return the map from image to crop that brings a point to the middle of the crop.

    Args:
        centre: The point, image pixels.
        scale: Crop pixels per image pixel.
        width: Width of the crop.
        height: Its height.
        rotation: How far the content is turned, radians, from x to y, which is clockwise.
        flip: Whether the crop is mirrored left to right, after it was turned.
    """
    angle = torch.zeros_like(scale) if rotation is None else rotation
    cos, sin = scale * angle.cos(), scale * angle.sin()
    linear = torch.stack([cos, -sin, sin, cos], -1).unflatten(-1, (2, 2))
    if flip is not None:
        sign = torch.ones_like(linear)
        sign[..., 0, :] = torch.where(flip, -1.0, 1.0)[..., None]
        linear = sign * linear
    middle = centre.new_tensor([width / 2, height / 2])
    shift = middle - (linear * centre[..., None, :]).sum(-1)
    return torch.cat([linear, shift[..., None]], -1)


def transform(
    points: Float[Tensor, "*batch points 2"], affine: Float[Tensor, "*batch 2 3"]
) -> Float[Tensor, "*batch points 2"]:
    """Apply an affine to points."""
    # Sums of products, not a matrix product, which lower precision would round to whole pixels.
    turned = (affine[..., None, :, :2] * points[..., None, :]).sum(-1)
    return turned + affine[..., None, :, 2]


def inverse(affine: Float[Tensor, "*batch 2 3"]) -> Float[Tensor, "*batch 2 3"]:
    """Return the map from crop to image."""
    (a, b, x), (c, d, y) = (row.unbind(-1) for row in affine.unbind(-2))
    det = a * d - b * c
    rows = d, -b, b * y - d * x, -c, a, c * x - a * y
    return torch.stack([value / det for value in rows], -1).unflatten(-1, (2, 3))


def is_mirrored(affine: Float[Tensor, "*batch 2 3"]) -> Bool[Tensor, "*batch"]:
    """Tell whether a crop shows the left as the right: the determinant of its affine is negative."""
    return affine[..., 0, 0] * affine[..., 1, 1] < affine[..., 0, 1] * affine[..., 1, 0]


def to_crop(
    keypoints: Float[Tensor, "*batch joints 2"],
    affine: Float[Tensor, "*batch 2 3"],
    mirror: tuple[int, ...],
) -> Float[Tensor, "*batch joints 2"]:
    """Return where keypoints are in the crop, by what they look like there.

    In a mirrored crop a left wrist looks like a right one, and is given as one.

    Args:
        keypoints: Image pixels.
        affine: Image to crop.
        mirror: For each joint its mirror image, :attr:`lifting.skeletons.Skeleton.mirror`.
    """
    moved = transform(keypoints, affine)
    return torch.where(is_mirrored(affine)[..., None, None], moved[..., list(mirror), :], moved)


def to_image(
    keypoints: Float[Tensor, "*batch joints 2"],
    affine: Float[Tensor, "*batch 2 3"],
    mirror: tuple[int, ...],
) -> Float[Tensor, "*batch joints 2"]:
    """Invert :func:`to_crop`: what a network found in the crop, as keypoints of the image."""
    moved = transform(keypoints, inverse(affine))
    return torch.where(is_mirrored(affine)[..., None, None], moved[..., list(mirror), :], moved)


def overlap(
    boxes: Float[Tensor, "*batch 4"], others: Float[Tensor, "*batch 4"]
) -> Float[Tensor, "*batch"]:
    """Return the intersection of two boxes over their union."""
    low = torch.maximum(boxes[..., :2], others[..., :2])
    high = torch.minimum(boxes[..., 2:], others[..., 2:])
    shared = (high - low).clamp_min(0).prod(-1)
    areas = [(b[..., 2:] - b[..., :2]).clamp_min(0).prod(-1) for b in (boxes, others)]
    return shared / (areas[0] + areas[1] - shared).clamp_min(1e-9)
