"""Normalised camera of ElePose and LInKs: one scale for all 2D poses, the root on the axis.

Wandt et al., CVPR 2022, https://arxiv.org/abs/2112.07088.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lifting.geometry import centre, head_scale, in_float64
from lifting.skeletons import Skeleton

# Distance of the root from the camera, in mean root-to-head distances, at a focal length of one.
DISTANCE = 10.0
# The nearest that a joint may come to the camera.
NEAREST = 1.0

# Mean bone length of Human3.6M's training subjects, millimetres: the size poses are given where the
# training data have no 3D poses.
MEAN_BONE = 243.0


def back_project(
    keypoints: Float[Tensor, "*batch K 2"],
    offset: Float[Tensor, "*batch K"],
    root: int,
    smooth: bool = True,
) -> Float[Tensor, "*batch K 3"]:
    """Return the root-relative poses that project to head-normalised keypoints at given depths.

    Args:
        keypoints: Head-normalised keypoints.
        offset: Depth of each joint behind the root.
        root: Index of the root.
        smooth: Keep joints in front of the camera by a softplus instead of a clamp, which passes no
            gradient on.
    """
    if smooth:
        depth = NEAREST + functional.softplus(offset + (DISTANCE - NEAREST))
    else:
        depth = (offset + DISTANCE).clamp_min(NEAREST)
    return centre(torch.cat([keypoints * depth[..., None], depth[..., None]], -1), root)


def project(pose: Float[Tensor, "*batch K 3"]) -> Float[Tensor, "*batch K 2"]:
    """Return the head-normalised projections of root-relative poses."""
    return pose[..., :2] / (pose[..., 2:] + DISTANCE).clamp_min(NEAREST)


class HeadScale(nn.Module):
    """Maps pixels to root-relative coordinates in which the mean root-to-head distance is 0.1.

    One constant for the whole dataset, so that a person's apparent size is kept. A person then stands
    ten units from a camera of focal length one that looks straight at the root.

    Args:
        joints: Joint set of the keypoints, with a joint ``head`` or ``head_top``.
    """

    scale: Tensor

    def __init__(self, joints: Skeleton) -> None:
        super().__init__()
        self.root = joints.root
        self.head = joints.index("head" if "head" in joints.joints else "head_top")
        self.register_buffer("scale", torch.ones(()))

    def fit(self, keypoints: Float[Tensor, "frames joints 2"]) -> None:
        """Take the mean root-to-head distance, in pixels, of the training frames."""
        self.scale.copy_(head_scale(in_float64(keypoints), self.root, self.head))

    def forward(self, keypoints: Float[Tensor, "*batch K 2"]) -> Float[Tensor, "*batch K 2"]:
        """Normalise pixels."""
        return centre(keypoints, self.root) / (DISTANCE * self.scale)
