"""Crops of images round a person, and the affine maps between both.

Pixels count as points on a continuous axis, from 0 at the left or upper edge to the width or height; the
centre of the first is at 0.5. An affine map (2, 3) takes points of the image to points of the crop. It
travels with the crop, so that keypoints of the crop map back exactly, rotated and mirrored or not.
"""

import torch
from jaxtyping import Bool, Float, Num
from torch import Tensor
from torch.nn import functional

from lifting.on_device import indices

# Sides of the crop over those of the box, where nothing else is said.
PADDING = 1.25


def fit_aspect(
    box: Float[Tensor, "*batch 4"], size: tuple[int, int], padding: float = PADDING
) -> tuple[Float[Tensor, "*batch 2"], Float[Tensor, "*batch"]]:
    """Return the centre of a box, and how many crop pixels one of its pixels is.

    The box grows to the shape of the crop, then by the padding (Xiao et al., ECCV 2018).

    Args:
        box: Left, top, right, bottom; pixels.
        size: Width and height of the crop.
        padding: How much larger than the box the crop is.
    """
    centre = (box[..., :2] + box[..., 2:]) / 2
    extent = (box[..., 2:] - box[..., :2]) / box.new_tensor(size)
    return centre, 1 / (padding * extent.amax(-1)).clamp_min(1e-6)


def crop_affine(
    centre: Float[Tensor, "*batch 2"],
    scale: Float[Tensor, "*batch"],
    size: tuple[int, int],
    rotation: Float[Tensor, "*batch"] | None = None,
    mirrored: Bool[Tensor, "*batch"] | None = None,
) -> Float[Tensor, "*batch 2 3"]:
    """Return the map from image to crop that brings a point to the middle of the crop.

    Args:
        centre: The point, image pixels.
        scale: Crop pixels per image pixel.
        size: Width and height of the crop.
        rotation: How far the content is turned, radians, from x to y, which is clockwise.
        mirrored: Whether the crop is mirrored left to right, after it was turned.
    """
    angle = torch.zeros_like(scale) if rotation is None else rotation
    cos, sin = scale * angle.cos(), scale * angle.sin()
    linear = torch.stack([cos, -sin, sin, cos], -1).unflatten(-1, (2, 2))
    if mirrored is not None:
        sign = torch.ones_like(linear)
        sign[..., 0, :] = torch.where(mirrored, -1.0, 1.0)[..., None]
        linear = sign * linear
    middle = centre.new_tensor([side / 2 for side in size])
    shift = middle - _multiply(linear, centre[..., None, :])[..., 0, :]
    return torch.cat([linear, shift[..., None]], -1)


def apply_affine(
    affine: Float[Tensor, "*batch 2 3"], points: Float[Tensor, "*batch points 2"]
) -> Float[Tensor, "*batch points 2"]:
    """Map points."""
    return _multiply(affine[..., :2], points) + affine[..., None, :, 2]


def invert_affine(affine: Float[Tensor, "*batch 2 3"]) -> Float[Tensor, "*batch 2 3"]:
    """Return the maps back."""
    inverse = torch.linalg.inv(affine[..., :2])
    shift = -_multiply(inverse, affine[..., None, :, 2])
    return torch.cat((inverse, shift.mT), -1)


def is_mirrored(affine: Float[Tensor, "*batch 2 3"]) -> Bool[Tensor, "*batch"]:
    """Tell whether a crop shows the left as the right: the determinant of its affine is negative."""
    return affine[..., 0, 0] * affine[..., 1, 1] < affine[..., 0, 1] * affine[..., 1, 0]


def to_crop(
    points: Float[Tensor, "*batch K 2"],
    affine: Float[Tensor, "*batch 2 3"],
    mirror: tuple[int, ...],
) -> Float[Tensor, "*batch K 2"]:
    """Map keypoints of the image to the crop; in a mirrored one the left are the right.

    Args:
        points: Keypoints, pixels of the image.
        affine: From image to crop.
        mirror: For each keypoint the index of its mirror image (``Skeleton.mirror``).
    """
    return swap_sides(apply_affine(affine, points), affine, mirror)


def to_image(
    points: Float[Tensor, "*batch K 2"],
    affine: Float[Tensor, "*batch 2 3"],
    mirror: tuple[int, ...],
) -> Float[Tensor, "*batch K 2"]:
    """Map keypoints of the crop back to the image; those of a mirrored one change sides again.

    Args:
        points: Keypoints, pixels of the crop.
        affine: From image to crop.
        mirror: For each keypoint the index of its mirror image (``Skeleton.mirror``).
    """
    # Not by the inverse map, whose shift may be thousands of pixels and would be rounded accordingly.
    inside = points - affine[..., None, :, 2]
    return swap_sides(_multiply(torch.linalg.inv(affine[..., :2]), inside), affine, mirror)


def swap_sides(
    values: Num[Tensor, "*batch K d"], affine: Float[Tensor, "*batch 2 3"], mirror: tuple[int, ...]
) -> Num[Tensor, "*batch K d"]:
    """Swap the left and the right keypoints of mirrored crops.

    Args:
        values: Anything of each keypoint, such as its visibility or confidence.
        affine: From image to crop.
        mirror: For each keypoint the index of its mirror image.
    """
    other = values[..., indices(mirror, values.device), :]
    return torch.where(is_mirrored(affine)[..., None, None], other, values)


def crop(
    images: Num[Tensor, "B C h w"], affine: Float[Tensor, "B 2 3"], size: tuple[int, int]
) -> Float[Tensor, "B C H W"]:
    """Sample crops, bilinearly; what lies outside of the image is zero.

    Args:
        images: Images of any range.
        affine: From image to crop.
        size: Width and height of the crop.
    """
    width, height = size
    rows, columns = (torch.arange(n, device=affine.device) + 0.5 for n in (height, width))
    cells = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1).to(affine.dtype)
    places = apply_affine(invert_affine(affine), cells.flatten(0, 1).expand(len(affine), -1, -1))
    # From -1 at one edge of the image to 1 at the other.
    grid = 2 * places / affine.new_tensor((images.shape[3], images.shape[2])) - 1
    grid = grid.unflatten(1, (height, width))
    return functional.grid_sample(images.to(affine.dtype), grid, align_corners=False)


def _multiply(matrix: Tensor, points: Tensor) -> Tensor:
    # Not as a matrix product, which autocast would round to bfloat16.
    return (matrix[..., None, :, :] * points[..., None, :]).sum(-1)
