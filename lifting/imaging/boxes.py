"""Bounding boxes: left, top, right, bottom, pixels."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def box_around(
    points: Float[Tensor, "*batch points 2"],
    included: Bool[Tensor, "*batch points"],
    margin: float = 0.0,
) -> Float[Tensor, "*batch 4"]:
    """Return the box (left, top, right, bottom) of points.

    Args:
        points: Pixels; those that are not included may be NaN.
        included: Which points the box is to hold; at least one.
        margin: Margin on each side, as a fraction of width and height.
    """
    low = points.masked_fill(~included[..., None], torch.inf).amin(-2)
    high = points.masked_fill(~included[..., None], -torch.inf).amax(-2)
    more = margin * (high - low)
    return torch.cat([low - more, high + more], -1)


def iou(
    boxes: Float[Tensor, "*batch 4"], others: Float[Tensor, "*batch 4"]
) -> Float[Tensor, "*batch"]:
    """Return the intersection over union (IoU) of pairs of boxes, 0 to 1."""
    low = torch.maximum(boxes[..., :2], others[..., :2])
    high = torch.minimum(boxes[..., 2:], others[..., 2:])
    shared = (high - low).clamp_min(0).prod(-1)
    areas = [(b[..., 2:] - b[..., :2]).clamp_min(0).prod(-1) for b in (boxes, others)]
    return shared / (areas[0] + areas[1] - shared).clamp_min(1e-9)
