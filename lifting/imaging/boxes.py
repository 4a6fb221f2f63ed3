"""Bounding boxes: left, top, right, bottom, pixels."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray
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


def pairwise_iou(
    boxes: Float[ndarray, "N 4"], others: Float[ndarray, "M 4"]
) -> Float[ndarray, "N M"]:
    """Return the intersection over union of each box with each other one."""
    shape = (len(boxes), len(others), 4)
    every = torch.from_numpy(boxes)[:, None].expand(shape)
    values: Float[ndarray, "N M"] = iou(every, torch.from_numpy(others).expand(shape)).numpy()
    return values


def nms(
    boxes: Float[ndarray, "N 4"], scores: Float[ndarray, " N"], iou_threshold: float
) -> Float[ndarray, "M 4"]:
    """Return the boxes that none of a higher score overlaps, by falling score (non-maximum suppression).

    Boxes overlap whose intersection over union is above the threshold.
    """
    boxes = boxes[np.argsort(-scores, kind="stable")]
    kept: list[int] = []
    overlapping = pairwise_iou(boxes, boxes) > iou_threshold
    for row in range(len(boxes)):
        if not overlapping[row, kept].any():
            kept.append(row)
    return boxes[kept]
