"""Random rotations of lifted poses to other views, as in ElePose and LInKs.

A pose is levelled by the elevation of its camera, turned by a random azimuth, and tilted by an
elevation drawn from the distribution of the batch's (Wandt et al., CVPR 2022, section 3.3).
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from lifting.cameras import Camera
from lifting.errors import wrong_value
from lifting.geometry import compose, rotation_x, rotation_y
from lifting.on_device import sent

ELEVATIONS = ("learned", "known", "warm", "camera", "uniform")

# The range of `uniform`, ElePose's without its elevation head.
UNIFORM = math.pi / 9


def check_azimuth(azimuth: float) -> None:
    """Refuse a range of azimuths, over π, that is empty or more than the circle.

    Raises:
        InputError: If it is.
    """
    if not 0 < azimuth <= 2:
        raise wrong_value("model.azimuth", azimuth, "give a number above 0, 2 at most.")


def camera_elevation(camera: Camera) -> Float[Tensor, " B"]:
    """Return the angle about x that levels what a camera sees, from its extrinsics.

    The world's z axis points up; for a camera that looks down the angle is negative.
    """
    # Up in the camera frame, where y points down.
    up = camera.rotation[..., :, 2]
    return torch.atan2(up[..., 2], -up[..., 1])


class Turns(NamedTuple):
    """Random numbers of other views of poses.

    Attributes:
        azimuth: Uniform from -1 to 1.
        tilt: Standard normal, or uniform from -1 to 1.
    """

    azimuth: Float[Tensor, " B"]
    tilt: Float[Tensor, " B"]

    @classmethod
    def draw(cls, count: int, generator: Generator, like: Tensor, uniform: bool = False) -> "Turns":
        """Draw the numbers of so many poses, and send them to the device of a tensor, in its type."""

        def circle() -> Tensor:
            return sent(2 * torch.rand(count, generator=generator) - 1, like)

        azimuth = circle()
        tilt = circle() if uniform else sent(torch.randn(count, generator=generator), like)
        return cls(azimuth, tilt)


def random_view_rotation(
    elevation: Float[Tensor, " B"], turns: Turns, uniform: bool = False, azimuth: float = 2.0
) -> Float[Tensor, "B 3 3"]:
    """Return a rotation per pose: level, turn by a random azimuth, tilt again.

    ``Rx(x) Ry(ψ) Rx(a)`` with a the elevation, ψ uniform over the circle or most of it, and x normal
    with minus the mean and the standard deviation of the batch's elevations, through both of which
    gradients flow.

    Args:
        elevation: Angle that levels each pose, radians.
        turns: The random numbers, of the same kind.
        uniform: Do not level, and tilt by up to 20 degrees, whatever the elevations are.
        azimuth: How much of the circle ψ covers, over π: 2 is all of it.
    """
    turn = rotation_y(math.pi * (azimuth / 2) * turns.azimuth)
    if uniform:
        return compose(rotation_x(UNIFORM * turns.tilt), turn)
    # The standard deviation of a single pose is undefined.
    std = elevation.std() if len(elevation) > 1 else elevation.new_zeros(())
    tilt = std * turns.tilt - elevation.mean()
    return compose(rotation_x(tilt), turn, rotation_x(elevation))
