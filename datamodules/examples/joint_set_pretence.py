"""Keypoints that pretend to be converted from another joint set, and a detector's mean shifts.

The joints that the other set has stay; those that conversion derives
(:data:`lifting.skeletons.joint_sets.DERIVED`) are derived from them again, so that they lie where they
do for keypoints of that set.
"""

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.errors import InputError
from lifting.skeletons import Skeleton, conversion_matrix, skeleton
from lifting.skeletons.conversion import derivation

_SIDES = ("left", "right")

# About where the joints of a face are in a joint set that has its middle and its top alone.
_FACE = {
    "nose": {"face": 0.8, "head": 0.2},
    **{
        f"{side}_{part}": {"face": 0.55, "head": 0.45} for side in _SIDES for part in ("eye", "ear")
    },
}

# Mean shifts downwards of what a detector finds, as parts of the extent: those of Stacked Hourglass, of
# MPII's joints, measured on Human3.6M's training subjects. Halpe marks the top of the head as MPII does.
_SHIFTS = {
    "mpii16": {"head": -0.057, "ankle": -0.027, "wrist": -0.012, "hip": 0.021},
    "halpe26": {"head": -0.057},
}

# Length of an upright trunk, of the extent.
_TRUNK = 0.27


def pretended(
    points: Float[Tensor, "B T K 2"],
    joints: Skeleton,
    sets: tuple[str, ...],
    drawn: Float[Tensor, " B"],
) -> Float[Tensor, "B T K 2"]:
    """Return keypoints as if each example's were converted from one of the joint sets.

    Args:
        points: Keypoints relative to the person.
        joints: Their joint set.
        sets: Names of joint sets; ``own`` changes nothing.
        drawn: A random number of [0, 1) for each example, which chooses its set.
    """
    tables = torch.stack([_table(name, joints.name) for name in sets]).to(points)
    # One product for each example, not for each frame.
    by_joint = points.transpose(1, 2)
    moved = tables[_chosen(drawn, sets)] @ by_joint.flatten(2)
    return moved.view(by_joint.shape).transpose(1, 2).contiguous()


def shifts(
    points: Float[Tensor, "B T K 2"],
    joints: Skeleton,
    sets: tuple[str, ...],
    drawn: Float[Tensor, " B"],
    strength: Float[Tensor, " B"],
) -> Float[Tensor, "B T K 2"]:
    """Return the mean shifts of detectors of the chosen joint sets, along the trunk.

    Args:
        points: Keypoints relative to the person, as parts of the extent.
        joints: Their joint set.
        sets: As in :func:`pretended`.
        drawn: As in :func:`pretended`.
        strength: Random numbers of [0, 1): half to one and a half times as much.
    """
    rows = [
        [_SHIFTS.get(name, {}).get(joint.split("_")[-1], 0.0) for joint in joints.joints]
        for name in sets
    ]
    amount = torch.tensor(rows).to(points)[_chosen(drawn, sets)] * (0.5 + strength)[:, None]
    top, bottom = (_mean(points, joints, part) for part in ("shoulder", "hip"))
    down = (bottom - top) / _TRUNK
    # Shorter where the trunk is seen from its end, never longer than where it is upright.
    down = down / down.norm(dim=-1, keepdim=True).clamp_min(1)
    return amount[:, None, :, None] * down


def _mean(points: Tensor, joints: Skeleton, part: str) -> Tensor:
    pair = joints.indices([f"left_{part}", f"right_{part}"])
    return points[:, :, pair].mean(2, keepdim=True)


def _chosen(drawn: Tensor, sets: tuple[str, ...]) -> Tensor:
    return (drawn * len(sets)).long().clamp_max(len(sets) - 1)


@lru_cache
@torch.inference_mode(False)
def _table(name: str, own: str) -> Float[Tensor, "K K"]:
    """Return the matrix to the other set and back; rows that cannot be had keep their joint."""
    joints = skeleton(own)
    table = torch.eye(len(joints), dtype=torch.float64)
    if name == "own":
        return table
    other = skeleton(name)
    try:
        back = conversion_matrix(name, own)
    except InputError as error:
        raise InputError(
            f"{error} It is among the sets of detector noise: leave it out."
        ) from error
    there = [_row(joint, joints) for joint in other.joints]
    for index, row in enumerate(back):
        used = row.nonzero().squeeze(-1).tolist()
        if all(there[joint] is not None for joint in used):
            table[index] = sum(row[joint] * there[joint] for joint in used)
    return table


def _row(joint: str, own: Skeleton) -> Float[Tensor, " K"] | None:
    """Return the weights of a set's joints in one of another set, or None."""
    row = torch.zeros(len(own), dtype=torch.float64)
    face = joint not in own.joints and {"face", "head"} <= set(own.joints)
    weights = _FACE.get(joint) if face else None
    weights = weights or derivation(joint, own)
    if weights is None:
        return None
    for name, weight in weights.items():
        row[own.index(name)] = weight
    return row
