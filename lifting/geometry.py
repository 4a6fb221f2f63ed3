"""Geometry of poses: pure functions on tensors, in the precision of their input.

Rotations are active and right-handed and act on column vectors: ``x' = R x``.
"""

from functools import reduce
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.on_device import constant, indices

# Kinds of devices whose numbers have at most 32 bits.
WITHOUT_FLOAT64 = {"mps"}


def in_float64(x: Tensor) -> Tensor:
    """Return a tensor in float64: on its device, or on the CPU where that has no such numbers."""
    return (x.cpu() if x.device.type in WITHOUT_FLOAT64 else x).double()


def centre(
    pose: Float[Tensor, "*batch joints coordinates"], root: int
) -> Float[Tensor, "*batch joints coordinates"]:
    """Subtract the root joint, which makes a pose root-relative."""
    return pose - pose[..., root : root + 1, :]


def rotate(
    pose: Float[Tensor, "*batch joints 3"], rotation: Float[Tensor, "*#batch 3 3"]
) -> Float[Tensor, "*batch joints 3"]:
    """Rotate every joint by its pose's rotation.

    Example:
        >>> quarter = rotation_z(torch.tensor(torch.pi / 2))
        >>> rotate(torch.tensor([[1.0, 0.0, 0.0]]), quarter).round().tolist()
        [[-0.0, 1.0, 0.0]]
    """
    return _product(pose, rotation.mT)


def compose(*rotations: Float[Tensor, "*#batch 3 3"]) -> Float[Tensor, "*#batch 3 3"]:
    """Return the rotation that applies the last one first, as the product of their matrices.

    Example:
        >>> half = rotation_z(torch.tensor(torch.pi))
        >>> torch.allclose(compose(half, half), torch.eye(3), atol=1e-6)
        True
    """
    return reduce(_product, rotations)


def _product(a: Tensor, b: Tensor) -> Tensor:
    """Multiply small matrices, out of reach of autocast and TF32, which would round millimetres."""
    if a.device.type != "cpu" and a.dtype == torch.float32:
        return (a[..., :, :, None] * b[..., None, :, :]).sum(-2)
    with torch.autocast(a.device.type, enabled=False):
        return a @ b


def _rotation(angle: Tensor, axis: int) -> Tensor:
    cos, sin = torch.cos(angle), torch.sin(angle)
    one, zero = torch.ones_like(angle), torch.zeros_like(angle)
    rows = {
        0: (one, zero, zero, zero, cos, -sin, zero, sin, cos),
        1: (cos, zero, sin, zero, one, zero, -sin, zero, cos),
        2: (cos, -sin, zero, sin, cos, zero, zero, zero, one),
    }[axis]
    return torch.stack(rows, -1).unflatten(-1, (3, 3))


def rotation_x(angle: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotation about x (elevation in the camera frame), radians."""
    return _rotation(angle, 0)


def rotation_y(angle: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotation about y (azimuth in the camera frame, where y points down), radians."""
    return _rotation(angle, 1)


def rotation_z(angle: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotation about z (roll in the camera frame, heading in the world frame), radians."""
    return _rotation(angle, 2)


def quaternion_to_matrix(quaternion: Float[Tensor, "*batch 4"]) -> Float[Tensor, "*batch 3 3"]:
    """Turn quaternions (w, x, y, z), of any non-zero length, into rotation matrices."""
    w, x, y, z = (quaternion / quaternion.norm(dim=-1, keepdim=True)).unbind(-1)
    rows = (
        1 - 2 * (y * y + z * z),
        2 * (x * y - w * z),
        2 * (x * z + w * y),
        2 * (x * y + w * z),
        1 - 2 * (x * x + z * z),
        2 * (y * z - w * x),
        2 * (x * z - w * y),
        2 * (y * z + w * x),
        1 - 2 * (x * x + y * y),
    )
    return torch.stack(rows, -1).unflatten(-1, (3, 3))


class Similarity(NamedTuple):
    """``x' = scale * R x + translation``, per pose."""

    scale: Float[Tensor, "*batch"]
    rotation: Float[Tensor, "*batch 3 3"]
    translation: Float[Tensor, "*batch 3"]

    def __call__(self, pose: Float[Tensor, "*batch joints 3"]) -> Float[Tensor, "*batch joints 3"]:
        """Apply the similarity to poses."""
        moved = self.scale[..., None, None] * rotate(pose, self.rotation)
        return moved + self.translation[..., None, :]


def similarity_alignment(
    source: Float[Tensor, "*batch joints 3"],
    target: Float[Tensor, "*batch joints 3"],
    reflection: bool = False,
) -> Similarity:
    """Return the similarity that moves each source pose closest to its target.

    Least squares over all joints (Umeyama, TPAMI 1991, eq. 40-42).

    Args:
        source: Poses to move.
        target: Poses to move them to.
        reflection: Whether improper rotations are allowed. They forgive a pose that is mirrored in
            depth, so leave it off unless a legacy number is to be matched.
    """
    return similarity_alignments(source, target)[reflection]


def similarity_alignments(
    source: Float[Tensor, "*batch joints 3"], target: Float[Tensor, "*batch joints 3"]
) -> tuple[Similarity, Similarity]:
    """Return both of :func:`similarity_alignment`, without and with reflections, at the cost of one."""
    source_mean, target_mean = source.mean(-2), target.mean(-2)
    a, b = source - source_mean[..., None, :], target - target_mean[..., None, :]
    variance = a.square().sum((-2, -1)).clamp_min(torch.finfo(a.dtype).tiny)
    covariance = _product(b.mT, a)
    # The solver refuses NaN; a pose that holds one still comes out as NaN, through its mean.
    u, s, v = _singular_triads(covariance.nan_to_num(0.0, 0.0, 0.0))

    def similarity(sign: Tensor) -> Similarity:
        signs = torch.stack([torch.ones_like(sign), torch.ones_like(sign), sign], -1)
        rotation = _product(u * signs[..., None, :], v.mT)
        scale = (s * signs).sum(-1) / variance
        moved_mean = scale[..., None] * rotate(source_mean[..., None, :], rotation).squeeze(-2)
        return Similarity(scale, rotation, target_mean - moved_mean)

    sign = torch.where(s[..., 2] < 0, -1.0, 1.0).to(s)
    return similarity(torch.ones_like(sign)), similarity(sign)


def _singular_triads(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Decompose 3 x 3 matrices as ``u diag(s) v^T`` with u and v proper rotations.

    The last of the singular values is negative where the matrix mirrors. Half the time of
    ``torch.linalg.svd``: the two leading directions come from the eigenvectors of ``M^T M``, whose
    squared condition matters only where the second is tiny; those few take the SVD.
    """
    v = torch.linalg.eigh(_product(matrix.mT, matrix)).eigenvectors.flip(-1)[..., :2]
    moved = _product(matrix, v)
    lengths = moved.norm(dim=-2)
    tolerance = torch.finfo(matrix.dtype).eps ** 0.25
    flat = lengths[..., 1] <= tolerance * lengths[..., 0]
    u = moved
    if flat.any():
        left, _, right = torch.linalg.svd(matrix[flat])
        u, v = u.clone(), v.clone()
        u[flat], v[flat] = left[..., :2], right.mT[..., :2]
    u, v = _triad(u), _triad(v)
    return u, (u * _product(matrix, v)).sum(-2), v


def _triad(pair: Tensor) -> Tensor:
    """Complete two nearly orthogonal columns to a rotation."""
    first = pair[..., 0] / pair[..., 0].norm(dim=-1, keepdim=True)
    second = pair[..., 1] - (first * pair[..., 1]).sum(-1, keepdim=True) * first
    second = second / second.norm(dim=-1, keepdim=True)
    return torch.stack([first, second, torch.linalg.cross(first, second)], -1)


def optimal_scale(
    source: Float[Tensor, "*batch joints coordinates"],
    target: Float[Tensor, "*batch joints coordinates"],
    norm_ratio: bool = False,
) -> Float[Tensor, "*batch"]:
    """Return the factor that brings each source pose to the size of its target.

    Args:
        source: Root-relative poses to scale.
        target: Root-relative poses.
        norm_ratio: Use the ratio of the norms (LInKs, ElePose) in place of the least-squares factor
            (Rhodin et al., CVPR 2018), which is never worse on average.
    """
    tiny = torch.finfo(source.dtype).tiny
    if norm_ratio:
        return target.norm(dim=(-2, -1)) / source.norm(dim=(-2, -1)).clamp_min(tiny)
    energy = source.square().sum((-2, -1)).clamp_min(tiny)
    return (source * target).sum((-2, -1)) / energy


def mirror(
    pose: Float[Tensor, "*batch joints coordinates"], permutation: tuple[int, ...]
) -> Float[Tensor, "*batch joints coordinates"]:
    """Mirror left and right: negate x and exchange the joints of the two sides.

    Args:
        pose: Poses whose x = 0 is the plane of the mirror.
        permutation: ``Skeleton.mirror``.
    """
    sign = constant((-1.0, *(1.0,) * (pose.shape[-1] - 1)), pose.device, pose.dtype)
    return pose[..., indices(permutation, pose.device), :] * sign


def bone_lengths(
    pose: Float[Tensor, "*batch joints coordinates"], bones: tuple[tuple[int, int], ...]
) -> Float[Tensor, "*batch bones"]:
    """Return the length of each (parent, child) bone."""
    parents, children = (indices(ends, pose.device) for ends in zip(*bones, strict=True))
    return (pose[..., children, :] - pose[..., parents, :]).norm(dim=-1)


def with_mean_bone(
    pose: Float[Tensor, "*batch joints 3"],
    bones: tuple[tuple[int, int], ...],
    length: Float[Tensor, ""],
) -> Float[Tensor, "*batch joints 3"]:
    """Scale root-relative poses so that the mean of their bone lengths is as given."""
    return pose * (length / bone_lengths(pose, bones).mean(-1))[..., None, None]


def head_scale(
    keypoints: Float[Tensor, "batch joints 2"], root: int, head: int
) -> Float[Tensor, ""]:
    """Return the mean root-to-head distance of a dataset, in pixels.

    The unsupervised methods divide 2D poses by ten times this constant (ElePose, LInKs), so that a
    person stands ten head distances from a camera of focal length one.
    """
    return (keypoints[:, head] - keypoints[:, root]).norm(dim=-1).mean()
