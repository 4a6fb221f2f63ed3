"""View of a person: the camera turned onto the root, and the person brought to one size.

A perspective crop of keypoints instead of pixels, frame by frame: what is left of them depends neither
on where in the image a person is nor on how large.

Yu et al., "PCLs: Geometry-aware Neural Reconstruction of 3D Pose with Perspective Crop Layers", CVPR
2021, section 3, https://arxiv.org/abs/2011.13607.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lifting.cameras import Camera, undistort

# Side of the image of a view, and the mean distance of its keypoints from the middle, pixels.
SIDE = 1000.0
EXTENT = 150.0

# Steps of the inversion of the lens, which are enough to a hundredth of a pixel inside an image.
_STEPS = 5
# Extents below this, in tangents of the angle, are those of nobody.
_SMALLEST = 1e-6


@dataclass(frozen=True)
class PersonView:
    """Windows of frames as they are seen in the view of the person.

    Attributes:
        keypoints: Pixels of the views, ``(B, T, K, 2)``; NaN where not seen.
        rotation: From the camera frame to that of each view, ``(B, T, 3, 3)``.
        focal: Focal lengths of the views, pixels, ``(B, T)``.
    """

    keypoints: Float[Tensor, "B T K 2"]
    rotation: Float[Tensor, "B T 3 3"]
    focal: Float[Tensor, "B T"]

    def turned(self, pose: Float[Tensor, "B C J 3"], first: int) -> Float[Tensor, "B C J 3"]:
        """Return poses of consecutive frames, from ``first`` on, in the frames of their views."""
        return _rotate(pose, self.rotation[:, first : first + pose.shape[1]])

    def turned_back(self, pose: Float[Tensor, "B C J 3"], first: int) -> Float[Tensor, "B C J 3"]:
        """Return poses of views in the camera frame."""
        return _rotate(pose, self.rotation[:, first : first + pose.shape[1]].mT)

    def camera(self, camera: Camera, frame: int) -> Camera:
        """Return the cameras of the views of one frame, given those of the image."""
        focal = self.focal[:, frame, None].expand_as(camera.focal)
        return Camera(
            focal=focal,
            principal=torch.full_like(camera.principal, SIDE / 2),
            radial=torch.zeros_like(camera.radial),
            tangential=torch.zeros_like(camera.tangential),
            tangential_gain=camera.tangential_gain,
            size=torch.full_like(camera.size, SIDE),
            rotation=_rotate(camera.rotation.mT[:, None], self.rotation[:, frame, None])[:, 0].mT,
            position=camera.position,
        )


def person_view(keypoints: Float[Tensor, "B T K 2"], camera: Camera, root: int) -> PersonView:
    """Turn the camera onto the root of each frame, without roll, and bring the person to one size.

    The lens is inverted on the way. A root that is not seen is replaced by the mean of the keypoints
    that are. A person's size is the mean distance of the keypoints that are seen from the middle, which
    one that strays changes little. Gradients pass through.

    Args:
        keypoints: Pixels, not finite where not seen.
        camera: The cameras of the windows.
        root: Index of the root among the keypoints.
    """
    seen = keypoints.isfinite().all(-1)
    each = camera.map(lambda x: x[:, None])
    # Where nothing is seen a number is put, for NaN would spoil gradients even behind a mask.
    pixels = torch.where(seen[..., None], keypoints, each.principal[..., None, :])
    plane = (pixels - each.principal[..., None, :]) / each.focal[..., None, :]
    plane = undistort(plane, each, _STEPS)
    middle = torch.where(seen[..., root, None], plane[..., root, :], _mean(plane, seen))
    rotation = _turn(middle)
    rays = _rotate(torch.cat([plane, torch.ones_like(plane[..., :1])], -1), rotation)
    # Nobody is seen at a right angle to where the camera looks.
    turned = rays[..., :2] / rays[..., 2:].clamp_min(_SMALLEST)
    others = seen.clone()
    others[..., root] = False
    # The root is in the middle, not nearly so: its deviation over a dataset is zero.
    turned = turned.where((others == seen)[..., None], 0.0)
    distance = turned.square().sum(-1).clamp_min(_SMALLEST**2).sqrt()
    extent = _mean(distance[..., None], others).clamp_min(_SMALLEST)
    focal = EXTENT / extent
    points = turned * focal[..., None] + SIDE / 2
    return PersonView(points.where(seen[..., None], torch.nan), rotation, focal[..., 0])


def _mean(values: Float[Tensor, "B T K d"], seen: Bool[Tensor, "B T K"]) -> Float[Tensor, "B T d"]:
    """Return the mean of what is seen; 0 where nothing is."""
    total = torch.where(seen[..., None], values, 0.0).sum(-2)
    return total / seen.sum(-1, keepdim=True).clamp_min(1)


def _rotate(
    points: Float[Tensor, "B T N 3"], rotation: Float[Tensor, "B T 3 3"]
) -> Float[Tensor, "B T N 3"]:
    # Term by term: a matrix product would have to be kept from autocast, which exported graphs cannot
    # hold, nor one over axes of any length.
    x, y, z = points[..., None].unbind(-2)
    a, b, c = rotation[..., None, :, :].unbind(-1)
    return x * a + y * b + z * c


def _turn(middle: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 3 3"]:
    """Return the rotations that bring rays through points of the plane onto the optical axis.

    The new x axis stays at a right angle to the camera's y axis: what stood upright still does.
    """
    z = torch.cat([middle, torch.ones_like(middle[..., :1])], -1)
    z = z / z.norm(dim=-1, keepdim=True)
    zero = torch.zeros_like(z[..., 0])
    x = torch.stack([z[..., 2], zero, -z[..., 0]], -1)
    x = x / x.norm(dim=-1, keepdim=True)
    return torch.stack([x, torch.linalg.cross(z, x), z], -2)
