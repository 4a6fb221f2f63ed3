"""Target heat-maps of a detector: a Gaussian round each keypoint."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

# Beyond so many standard deviations a Gaussian counts as zero.
REACH = 3


def gaussian_targets(
    points: Float[Tensor, "B K 2"],
    visible: Bool[Tensor, "B K"],
    size: tuple[int, int],
    sigma: float = 2.0,
    quantised: bool = False,
) -> tuple[Float[Tensor, "B K H W"], Float[Tensor, "B K"]]:
    """Return heat-maps with a peak of 1, and their weights.

    A keypoint has the weight 1 where it is visible and some cell lies within three ``sigma`` of it,
    else 0 and an empty heat-map.

    Args:
        points: Keypoints, heat-map pixels.
        visible: Keypoints that get a target.
        size: Width and height of the heat-maps.
        sigma: Standard deviation, heat-map pixels; 2 and 3 for crops of 256 and 384 as published.
        quantised: Put the peak at the centre of the keypoint's cell and end it at three ``sigma``, as
            published before DARK (Zhang et al., CVPR 2020). Costs half a heat-map pixel. As published,
            coordinates below 0 are rounded up to their cell, and a keypoint whose peak ends just left
            of the first cell, or above it, still has the weight 1.
    """
    # Towards zero, as a conversion to whole numbers does.
    middle = points.trunc() + 0.5 if quantised else points
    weights = visible
    sides = []
    for axis, count in enumerate(size):
        cells = torch.arange(count, device=points.device, dtype=points.dtype) + 0.5
        off = cells - middle[..., axis, None]
        near = off.abs() <= REACH * sigma
        side = torch.exp(-0.5 * (off / sigma).square())
        sides.append(side * near if quantised else side)
        within = near.any(-1)
        if quantised:
            within = within | (middle[..., axis] == -(REACH * sigma + 0.5))
        weights = weights & within
    maps = sides[1][..., :, None] * sides[0][..., None, :]
    return torch.where(weights[..., None, None], maps, 0), weights.to(points.dtype)
