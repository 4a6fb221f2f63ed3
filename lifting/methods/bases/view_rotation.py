"""Random rotations of lifted poses to other views, as in ElePose and LInKs.

A pose is levelled by the elevation of its camera, turned by a random azimuth, and tilted by an
elevation drawn from the distribution of the batch's (Wandt et al., CVPR 2022, section 3.3).
"""

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lifting.cameras import Camera
from lifting.geometry import compose, rotation_x, rotation_y
from lifting.on_device import sent

ELEVATIONS = ("learned", "known", "warm", "camera", "uniform")

# The range of `uniform`, ElePose's without its elevation head.
UNIFORM = math.pi / 9


def camera_elevation(camera: Camera) -> Float[Tensor, " B"]:
    """Return the angle about x that levels what a camera sees, from its extrinsics.

    The world's z axis points up; for a camera that looks down the angle is negative.
    """
    # Up in the camera frame, where y points down.
    up = camera.rotation[..., :, 2]
    return torch.atan2(up[..., 2], -up[..., 1])


def random_view_rotation(
    elevation: Float[Tensor, " B"], generator: Generator, uniform: bool = False
) -> Float[Tensor, "B 3 3"]:
    """Return a rotation per pose: level, turn by a random azimuth, tilt again.

    ``Rx(x) Ry(ψ) Rx(a)`` with a the elevation, ψ uniform over the circle and x normal with minus the
    mean and the standard deviation of the batch's elevations, through both of which gradients flow.

    Args:
        elevation: Angle that levels each pose, radians.
        generator: Source of the randomness.
        uniform: Do not level, and tilt by up to 20 degrees, whatever the elevations are.
    """
    count = len(elevation)
    azimuth = _uniform(elevation, generator, math.pi)
    if uniform:
        tilt = _uniform(elevation, generator, UNIFORM)
        return compose(rotation_x(tilt), rotation_y(azimuth))
    # The standard deviation of a single pose is undefined.
    std = elevation.std() if count > 1 else elevation.new_zeros(())
    normal = sent(torch.randn(count, generator=generator), elevation)
    tilt = std * normal - elevation.mean()
    return compose(rotation_x(tilt), rotation_y(azimuth), rotation_x(elevation))


def _uniform(like: Tensor, generator: Generator, limit: float) -> Tensor:
    return limit * sent(2 * torch.rand(len(like), generator=generator) - 1, like)
