"""Position of the root in the camera frame, from a root-relative pose and its keypoints."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lifting.cameras import Camera, undistort


def fit_root(
    pose: Float[Tensor, "frames J 3"],
    keypoints: Float[Tensor, "frames J 2"],
    seen: Bool[Tensor, "frames J"],
    camera: Camera,
) -> Float[Tensor, "frames 3"]:
    """Return the root position at which a pose projects best onto its keypoints.

    Least squares of ``x Z - X``, the distance in the plane of the joint from its ray: linear in the
    position of the root, and zero where the projection is exact. The distance from the camera is as
    right as the focal length and the size of the pose are. Joints that are not seen do not count.

    The pose is root-relative millimetres, keypoints are pixels, the position is camera-frame
    millimetres; NaN where fewer than two joints count, or the pose is NaN.
    """
    camera = camera.to(torch.float64)
    rays = undistort((keypoints.double() - camera.principal) / camera.focal, camera)
    known = seen & pose.isfinite().all(-1) & rays.isfinite().all(-1)
    rays = rays.where(known[..., None], 0.0)
    offset = pose.double().where(known[..., None], 0.0)
    weight = known.double()
    # For each joint t_x - x t_z = x Z - X, and the same for y.
    one, zero = torch.ones_like(weight), torch.zeros_like(weight)
    rows = torch.stack(
        [torch.stack([one, zero, -rays[..., 0]], -1), torch.stack([zero, one, -rays[..., 1]], -1)],
        -2,
    )
    target = rays * offset[..., 2:] - offset[..., :2]
    normal = torch.einsum("fjri,fjrk,fj->fik", rows, rows, weight)
    moment = torch.einsum("fjri,fjr->fi", rows, target)
    position, fault = torch.linalg.solve_ex(normal, moment)
    solved = (known.sum(-1) >= 2) & (fault == 0)
    return position.where(solved[:, None], torch.nan).to(pose)
