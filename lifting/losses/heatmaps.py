"""Losses of heat-maps."""

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.imaging.heatmaps.grid import full_precision


def heatmap_errors(
    pred: Float[Tensor, "B K H W"], target: Float[Tensor, "B K H W"], weights: Float[Tensor, "B K"]
) -> Float[Tensor, "B K"]:
    """Half the mean squared difference of weighted heat-maps (HRNet's ``JointsMSELoss``).

    Args:
        pred: Heat-maps of the network, in any precision.
        target: Heat-maps with a peak of 1.
        weights: Weight of each keypoint, 0 or 1.
    """
    off = weights[..., None, None] * (full_precision(pred) - target)
    return 0.5 * off.square().mean((-2, -1))


def hard_keypoint_loss(
    errors: Float[Tensor, "B K"], count: int = 8, by: Float[Tensor, "B K"] | None = None
) -> Float[Tensor, ""]:
    """Mean error of the hardest keypoints of each example (OHKM; Chen et al., CVPR 2018).

    Args:
        errors: Error of each keypoint (:func:`heatmap_errors`).
        count: How many of them count; all where there are not as many.
        by: What they are ranked by, such as errors in 3D; the errors themselves if not given.
    """
    ranks = errors if by is None else by
    chosen = ranks.detach().topk(min(count, errors.shape[1]), -1).indices
    return torch.gather(errors, -1, chosen).mean()
