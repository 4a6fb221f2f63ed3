"""Depth as a density over 2D poses sees it: turned poses with true depths against flattened ones.

A lifter that learns from a density gets the depths that it prefers. A density that is of use says that
true poses, seen from elsewhere, are more likely than poses of too little depth.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.cameras import Camera
from lifting.geometry import compose, rotate, rotation_x, rotation_y
from lifting.methods.bases.view_rotation import camera_elevation
from lifting.nets.head_scale import DISTANCE, back_project, project

# Fractions of the true depth, by the name of the metric.
FRACTIONS = {"shallow_margin": 0.7, "flat_margin": 0.0}
AZIMUTHS = 8


def depth_offsets(
    keypoints: Float[Tensor, "N K 2"], pose: Float[Tensor, "N K 3"]
) -> Float[Tensor, "N K"]:
    """Return true depths in the unit of the head-normalised camera.

    The unit u of a pose (P, z) is the one in which its depths project it back onto its keypoints p best:
    least squares of ``P = u p (10 + z / u)``.

    Args:
        keypoints: Head-normalised keypoints.
        pose: Root-relative poses of the same joints, in any unit.
    """
    across, depth = pose[..., :2], pose[..., 2]
    ten = DISTANCE * keypoints
    rest = across - keypoints * depth[..., None]
    unit = (rest * ten).sum((-2, -1)) / ten.square().sum((-2, -1))
    return depth / unit[:, None]


def depth_margins(
    nll: Callable[[Float[Tensor, "N K 2"]], Float[Tensor, " N"]],
    keypoints: Float[Tensor, "N K 2"],
    pose: Float[Tensor, "N K 3"],
    camera: Camera,
    root: int,
) -> dict[str, Float[Tensor, " N"]]:
    """Return by how much less likely poses are with a fraction of their depth, seen from all around.

    Means over evenly spread azimuths about the vertical through the root.

    Args:
        nll: Negative log-likelihood of head-normalised 2D poses, nats.
        keypoints: Head-normalised keypoints.
        pose: Root-relative true poses of the same joints, camera frame.
        camera: The cameras, whose elevation says what is vertical.
        root: Index of the root.
    """
    offset = depth_offsets(keypoints, pose)
    elevation = camera_elevation(camera).to(offset)
    azimuth = torch.arange(AZIMUTHS, device=offset.device).to(offset)
    azimuth = 2 * math.pi / AZIMUTHS * (azimuth[:, None] + 0.5)
    turns = compose(rotation_x(-elevation), rotation_y(azimuth), rotation_x(elevation))

    def around(fraction: float) -> Tensor:
        lifted = back_project(keypoints, fraction * offset, root, smooth=False)
        views = project(rotate(lifted.expand(AZIMUTHS, *lifted.shape), turns))
        return nll(views.flatten(0, 1)).unflatten(0, (AZIMUTHS, -1)).mean(0)

    true = around(1.0)
    return {name: around(fraction) - true for name, fraction in FRACTIONS.items()}
