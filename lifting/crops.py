"""Crops of images round a person, and the affine maps between both.

Pixels count as points on a continuous axis, from 0 at the left or upper edge to the width or height; the
centre of the first is at 0.5. An affine map (2, 3) takes points of the image to points of the crop. It
travels with the crop, so that whatever is found there is brought back exactly, rotated and mirrored or
not.
"""

import torch
from jaxtyping import Bool, Float, Num
from torch import Tensor
from torch.nn import functional

# Sides of the crop over those of the box, where nothing else is said.
PADDING = 1.25


def crop_affine(
    box: Float[Tensor, "B 4"],
    size: tuple[int, int],
    padding: float = PADDING,
    scale: Float[Tensor, " B"] | None = None,
    rotation: Float[Tensor, " B"] | None = None,
    mirrored: Bool[Tensor, " B"] | None = None,
) -> Float[Tensor, "B 2 3"]:
    """Return the map from the image to a crop with the box in its middle.

    The box is made higher or wider until it has the crop's aspect ratio, so that nothing is distorted.

    Args:
        box: Left, top, width and height, above zero, pixels.
        size: Width and height of the crop.
        padding: Sides of what is cropped over those of the box.
        scale: A further factor of them for each example, 1 if not given.
        rotation: Angle by which the image turns about the box's centre, from x to y; zero if not given.
        mirrored: Whether the crop is mirrored last, left to right; no if not given.
    """
    width, height = size
    centre = box[:, :2] + box[:, 2:] / 2
    wide = torch.maximum(box[:, 2], box[:, 3] * width / height) * padding
    zoom = width / (wide if scale is None else wide * scale)
    angle = torch.zeros_like(zoom) if rotation is None else rotation
    cos, sin = zoom * angle.cos(), zoom * angle.sin()
    sign = torch.ones_like(zoom) if mirrored is None else 1 - 2 * mirrored.to(zoom.dtype)
    linear = torch.stack((sign * cos, -sign * sin, sin, cos), -1).unflatten(-1, (2, 2))
    middle = box.new_tensor((width / 2, height / 2))
    shift = middle - _multiply(linear, centre[:, None])[:, 0]
    return torch.cat((linear, shift[..., None]), -1)


def apply_affine(
    affine: Float[Tensor, "B 2 3"], points: Float[Tensor, "B N 2"]
) -> Float[Tensor, "B N 2"]:
    """Map points."""
    return _multiply(affine[:, :, :2], points) + affine[:, None, :, 2]


def invert_affine(affine: Float[Tensor, "B 2 3"]) -> Float[Tensor, "B 2 3"]:
    """Return the maps back."""
    inverse = torch.linalg.inv(affine[:, :, :2])
    shift = -_multiply(inverse, affine[:, None, :, 2])
    return torch.cat((inverse, shift.mT), -1)


def is_mirrored(affine: Float[Tensor, "B 2 3"]) -> Bool[Tensor, " B"]:
    """Tell whether a map exchanges left and right."""
    linear = affine[:, :, :2]
    return linear[:, 0, 0] * linear[:, 1, 1] < linear[:, 0, 1] * linear[:, 1, 0]


def to_crop(
    points: Float[Tensor, "B K 2"], affine: Float[Tensor, "B 2 3"], mirror: tuple[int, ...]
) -> Float[Tensor, "B K 2"]:
    """Map keypoints of the image to the crop; in a mirrored one the left are the right.

    Args:
        points: Keypoints, pixels of the image.
        affine: From image to crop.
        mirror: For each keypoint the index of its mirror image (``Skeleton.mirror``).
    """
    return exchange(apply_affine(affine, points), affine, mirror)


def to_image(
    points: Float[Tensor, "B K 2"], affine: Float[Tensor, "B 2 3"], mirror: tuple[int, ...]
) -> Float[Tensor, "B K 2"]:
    """Map keypoints of the crop back to the image; those of a mirrored one change sides again.

    Args:
        points: Keypoints, pixels of the crop.
        affine: From image to crop.
        mirror: For each keypoint the index of its mirror image (``Skeleton.mirror``).
    """
    # Not by the inverse map, whose shift may be thousands of pixels and would be rounded accordingly.
    inside = points - affine[:, None, :, 2]
    return exchange(_multiply(torch.linalg.inv(affine[:, :, :2]), inside), affine, mirror)


def exchange(
    values: Num[Tensor, "B K *rest"], affine: Float[Tensor, "B 2 3"], mirror: tuple[int, ...]
) -> Num[Tensor, "B K *rest"]:
    """Let the left and the right keypoints of mirrored crops change places.

    Args:
        values: Anything of each keypoint, such as its visibility or confidence.
        affine: From image to crop.
        mirror: For each keypoint the index of its mirror image.
    """
    crossed = is_mirrored(affine).view(-1, *[1] * (values.ndim - 1))
    return torch.where(crossed, values[:, list(mirror)], values)


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
    return (matrix[:, None] * points[..., None, :]).sum(-1)
