"""Cameras: world to camera frame, projection with lens distortion, and normalised coordinates.

Camera frame: x right, y down, z forward. Lengths are millimetres, image coordinates pixels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from lifting.geometry import rotate

# Human3.6M's lens model adds half of OpenCV's mixed tangential term: with the same five numbers the
# two differ by 0.2 px on average and 1.5 px in a corner, so the model is part of the camera.
TANGENTIAL_GAIN = {"h36m": 1.0, "opencv": 2.0}

# By how much a lens moves points towards its axis, or away from it, where its polynomial is inverted:
# beyond, fixed-point iteration jumps between two sides or falls onto the axis.
_FACTORS = (0.5, 2.0)

_Numbers = NDArray[Any] | Sequence[Any]


@dataclass
class Camera:
    """A batch of pinhole cameras with lens distortion; every field is a tensor per camera.

    Attributes:
        focal: Focal lengths (fx, fy), pixels.
        principal: Principal point (cx, cy), pixels.
        radial: k1, k2, k3.
        tangential: (q1, q2), which is (p2, p1) in the order OpenCV counts them.
        tangential_gain: 1 for Human3.6M's lens model, 2 for OpenCV's.
        size: Image width and height, pixels.
        rotation: World to camera.
        position: Position of the camera in the world, millimetres.
    """

    focal: Float[Tensor, "*batch 2"]
    principal: Float[Tensor, "*batch 2"]
    radial: Float[Tensor, "*batch 3"]
    tangential: Float[Tensor, "*batch 2"]
    tangential_gain: Float[Tensor, "*batch"]
    size: Float[Tensor, "*batch 2"]
    rotation: Float[Tensor, "*batch 3 3"]
    position: Float[Tensor, "*batch 3"]

    def map(self, function: Callable[[Tensor], Tensor]) -> "Camera":
        """Return a camera batch with a function applied to every field."""
        return Camera(**{f.name: function(getattr(self, f.name)) for f in fields(self)})

    def __getitem__(self, index: object) -> "Camera":
        """Select cameras of the batch."""
        return self.map(lambda x: x[index])  # type: ignore[index]

    def to(self, *args: Any) -> "Camera":
        """Move and cast every field, as ``Tensor.to`` does."""
        return self.map(lambda x: x.to(*args))

    @staticmethod
    def stack(cameras: "list[Camera]") -> "Camera":
        """Stack single cameras into a batch."""
        names = [f.name for f in fields(Camera)]
        return Camera(**{n: torch.stack([getattr(c, n) for c in cameras]) for n in names})

    def scaled(self, factor: Float[Tensor, "*batch"]) -> "Camera":
        """Return cameras of the same view whose images have so many times the pixels a side."""
        scaled = self.map(lambda x: x)
        for name in ("focal", "principal", "size"):
            setattr(scaled, name, factor[..., None] * getattr(self, name))
        return scaled

    def mirrored(self) -> "Camera":
        """Return the camera that sees the mirrored world: the image flipped left to right.

        The extrinsics are left as they are, as a mirrored world has no place in the real one.
        """
        one = torch.ones_like(self.principal)
        one[..., 0] = -1
        width = torch.zeros_like(self.principal)
        width[..., 0] = self.size[..., 0]
        flipped = self.map(lambda x: x)
        flipped.principal = width + one * self.principal
        flipped.tangential = one * self.tangential
        return flipped


def calibrated_camera(
    focal: _Numbers,
    principal: _Numbers,
    size: _Numbers,
    rotation: _Numbers,
    position: _Numbers,
    radial: _Numbers = (0.0, 0.0, 0.0),
    tangential: _Numbers = (0.0, 0.0),
    lens: str = "opencv",
) -> Camera:
    """Return a single camera in float64; see :class:`Camera`.

    Args:
        focal: Focal lengths (fx, fy), pixels.
        principal: Principal point (cx, cy), pixels.
        size: Image width and height, pixels.
        rotation: World to camera.
        position: Position of the camera in the world, millimetres.
        radial: k1, k2, k3.
        tangential: (p2, p1) as OpenCV counts them.
        lens: Lens model, ``h36m`` or ``opencv``.
    """
    values = {
        "focal": focal,
        "principal": principal,
        "radial": radial,
        "tangential": tangential,
        "tangential_gain": TANGENTIAL_GAIN[lens],
        "size": size,
        "rotation": rotation,
        "position": position,
    }
    return Camera(**{k: torch.as_tensor(v, dtype=torch.float64).clone() for k, v in values.items()})


def nominal_camera(width: float, height: float) -> Camera:
    """Return a camera that stands for an unknown one, in float64.

    It is level and looks along the world's y, with z up; its focal length is the image's longer side.

    Args:
        width: Width of the image, pixels.
        height: Its height.
    """
    focal, level = max(width, height), [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]
    principal, position = (width / 2, height / 2), (0.0, 0.0, 0.0)
    return calibrated_camera((focal, focal), principal, (width, height), level, position)


def world_to_camera(
    points: Float[Tensor, "*batch points 3"], camera: Camera
) -> Float[Tensor, "*batch points 3"]:
    """Move points from the world to the camera frame: ``R (X - C)``."""
    return rotate(points - camera.position[..., None, :], camera.rotation)


def camera_to_world(
    points: Float[Tensor, "*batch points 3"], camera: Camera
) -> Float[Tensor, "*batch points 3"]:
    """Move points from the camera to the world frame."""
    return rotate(points, camera.rotation.mT) + camera.position[..., None, :]


def _distortion(xy: Tensor, camera: Camera) -> tuple[Tensor, Tensor]:
    """Return factor and shift of the distortion at ``xy``: it maps ``xy`` to ``xy * factor + shift``."""
    q = camera.tangential[..., None, :]
    r2 = xy.square().sum(-1, keepdim=True)
    powers = torch.cat([r2, r2**2, r2**3], -1)
    radial = 1 + (camera.radial[..., None, :] * powers).sum(-1, keepdim=True)
    mixed = camera.tangential_gain[..., None, None] * (q * xy).sum(-1, keepdim=True)
    return radial + mixed, q * r2


def distort(
    xy: Float[Tensor, "*batch points 2"], camera: Camera
) -> Float[Tensor, "*batch points 2"]:
    """Apply lens distortion to normalised image coordinates."""
    factor, shift = _distortion(xy, camera)
    return xy * factor + shift


def undistort(
    xy: Float[Tensor, "*batch points 2"], camera: Camera, iterations: int = 40
) -> Float[Tensor, "*batch points 2"]:
    """Invert :func:`distort` by fixed-point iteration, which converges within the image.

    Far outside of it the polynomial of a lens has no inverse. Points there stay on their side of the
    axis, at half to twice their distance from it.
    """
    guess, most = xy, xy.detach().norm(dim=-1, keepdim=True) / 4
    for _ in range(iterations):
        factor, shift = _distortion(guess, camera)
        shift = torch.minimum(torch.maximum(shift, -most), most)
        guess = (xy - shift) / factor.clamp(*_FACTORS)
    return guess


def project(
    points: Float[Tensor, "*batch points 3"], camera: Camera, clamp: bool = False
) -> Float[Tensor, "*batch points 2"]:
    """Project camera-frame points to pixels, with lens distortion.

    Args:
        points: Points in front of the camera, camera frame.
        camera: The cameras.
        clamp: Limit x/z and y/z to [-1, 1] (VideoPose3D), for points a network predicts, which may
            lie where the lens polynomial explodes.
    """
    xy = points[..., :2] / points[..., 2:]
    if clamp:
        xy = xy.clamp(-1, 1)
    return distort(xy, camera) * camera.focal[..., None, :] + camera.principal[..., None, :]


def back_project(
    pixels: Float[Tensor, "*batch points 2"],
    depth: Float[Tensor, "*batch points"],
    camera: Camera,
) -> Float[Tensor, "*batch points 3"]:
    """Return the camera-frame points seen at the given pixels and depths (millimetres)."""
    xy = (pixels - camera.principal[..., None, :]) / camera.focal[..., None, :]
    xy = undistort(xy, camera)
    return torch.cat([xy * depth[..., None], depth[..., None]], -1)


def to_screen(
    pixels: Float[Tensor, "*batch points 2"], size: Float[Tensor, "*batch 2"]
) -> Float[Tensor, "*batch points 2"]:
    """Map pixels so that x spans [-1, 1] and the aspect is kept (VideoPose3D)."""
    width, height = size[..., None, :1], size[..., None, 1:]
    return pixels / width * 2 - torch.cat([torch.ones_like(width), height / width], -1)
