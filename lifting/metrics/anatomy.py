"""Anatomy of poses, judged without truth: sides that differ, lengths that vary, limbs bent wrongly.

Poses are ``(frames, joints, 3)`` in any unit and any orientation: nothing here knows where the camera or
the ground is. A number is NaN where a joint that it needs is.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.skeletons import Skeleton
from lifting.skeletons.joint_angles import LEAST_BEND

Poses = Float[Tensor, "frames joints 3"]

SIDES = ("left", "right")
# Segments of a side: what both sides have, and what no movement changes.
SEGMENTS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
LEG = ("hip", "knee", "ankle")
ARM = ("shoulder", "elbow", "wrist")
# A limb is bent the wrong way within this of the opposite of the right way, degrees. True poses come as
# near as that in 0.02 % of cases on Human3.6M, since hips and shoulders turn by less than the rest.
WRONG_WITHIN = 45.0
# Within this of straight up along the trunk, a thigh or an upper arm does not tell how it is turned.
UPRIGHT_WITHIN = 10.0


def _at(pose: Poses, joints: Skeleton, name: str) -> Float[Tensor, "frames 3"]:
    return pose[:, joints.index(name)]


def segment_lengths(pose: Poses, joints: Skeleton) -> Float[Tensor, "frames 2 segments"]:
    """Return the lengths of upper arms, forearms, thighs and shanks, left and right."""
    sides = [
        [
            (_at(pose, joints, f"{side}_{b}") - _at(pose, joints, f"{side}_{a}")).norm(dim=-1)
            for a, b in SEGMENTS
        ]
        for side in SIDES
    ]
    return torch.stack([torch.stack(side, -1) for side in sides], 1)


def limb_asymmetry(pose: Poses, joints: Skeleton) -> Float[Tensor, " frames"]:
    """Return by how much left and right differ: ``|left - right|`` over their mean, mean of segments.

    Example:
        >>> from lifting.skeletons import skeleton
        >>> pose = torch.zeros(1, 17, 3)
        >>> pose[0, :, 1] = torch.arange(17.0) ** 2
        >>> limb_asymmetry(pose, skeleton("h36m17")).shape
        torch.Size([1])
    """
    lengths = segment_lengths(pose, joints)
    difference = (lengths[:, 0] - lengths[:, 1]).abs()
    return (difference / lengths.mean(1)).mean(-1)


def bone_variation(pose: Poses, joints: Skeleton) -> Float[Tensor, " segments"]:
    """Return by how much segments of one person vary: standard deviation over frames over the mean.

    Left segments first. NaN for a single frame.
    """
    lengths = segment_lengths(pose, joints).flatten(1)
    mean = lengths.nanmean(0)
    variance = (lengths - mean).square().nansum(0) / (lengths.isfinite().sum(0) - 1)
    return variance.sqrt() / mean


def bent_wrongly(
    pose: Poses, joints: Skeleton, limb: tuple[str, str, str]
) -> Float[Tensor, "frames 2"]:
    """Return whether the joint in the middle of left and right limb is bent the wrong way, 0 or 1.

    The right way is that of somebody who stands upright with hanging arms: knees bend backwards and
    elbows forwards. The trunk has an upward axis from hips to shoulders; forwards is square to it and to
    the line of hips or of shoulders. The smallest rotation that takes the downward axis onto the thigh
    (or upper arm) takes the right way along; hip and shoulder turn the limb further, about its own
    length, by far less than half a turn. A limb counts that is bent by at least
    :data:`lifting.skeletons.joint_angles.LEAST_BEND`, within :data:`WRONG_WITHIN` of the opposite of the
    right way.

    Args:
        pose: The poses.
        joints: Their joint set.
        limb: :data:`LEG` or :data:`ARM`.
    """
    hips, shoulders = (
        [_at(pose, joints, f"{side}_{name}") for side in SIDES] for name in ("hip", "shoulder")
    )
    up = _unit((shoulders[0] + shoulders[1]) - (hips[0] + hips[1]))
    left, right = hips if limb == LEG else shoulders
    across = right - left
    # x right, y down, z away, as of cameras: upwards × rightwards is forwards in any right-handed frame.
    forwards = _unit(torch.linalg.cross(up, across))
    way = -forwards if limb == LEG else forwards
    return torch.stack([_is_wrong(pose, joints, side, limb, -up, way) for side in SIDES], -1)


def _is_wrong(
    pose: Poses,
    joints: Skeleton,
    side: str,
    limb: tuple[str, str, str],
    down: Float[Tensor, "frames 3"],
    way: Float[Tensor, "frames 3"],
) -> Float[Tensor, " frames"]:
    above, middle, below = (_at(pose, joints, f"{side}_{name}") for name in limb)
    first, second = _unit(middle - above), _unit(below - middle)
    bent = second - _dot(second, first) * first
    cosine = _dot(down, first)
    axis = torch.linalg.cross(down, first)
    # Rodrigues' rotation by the angle between both, of a vector that is square to the first.
    expected = way * cosine + torch.linalg.cross(axis, way) + axis * _dot(axis, way) / (1 + cosine)
    wrong = _degrees(_dot(_unit(bent), expected)) > 180 - WRONG_WITHIN
    is_bent = _degrees(_dot(first, second)) >= LEAST_BEND
    tells = _degrees(cosine) < 180 - UPRIGHT_WITHIN
    known = torch.cat([first, second, way], -1).isfinite().all(-1)
    return (wrong & is_bent & tells)[:, 0].to(pose.dtype).where(known, torch.nan)


def _unit(vectors: Tensor) -> Tensor:
    return vectors / vectors.norm(dim=-1, keepdim=True)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum(-1, keepdim=True)


def _degrees(cosine: Tensor) -> Tensor:
    return cosine.clamp(-1, 1).acos().rad2deg()
