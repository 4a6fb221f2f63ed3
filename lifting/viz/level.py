"""Level view of people whom a tilted camera saw: the turn after which those who stand are upright."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from lifting.skeletons import Skeleton
from lifting.skeletons.rotations import swing

_VERTICAL = np.array([[0.0, -1.0, 0.0]])
_SIDES = ("left", "right")
_LIMBS = ("hip", "knee", "ankle", "shoulder")
# Degrees. Who stands has a knee so straight, and the trunk above the legs up to so much.
_STRAIGHT, _BENT = 150.0, 35.0
# A tilt below the first is within the error of the estimate; beyond the second people lie or hang.
_TILTS = (8.0, 45.0)
# Poses of people who stand; fewer tell nothing of the camera.
_FEWEST = 10
_ROUNDS = 30


def level_turn(
    people: Iterable[tuple[Float[ndarray, "_ _ 3"], Skeleton]],
) -> Float[ndarray, "3 3"]:
    """Return the rotation that takes poses from the frame of a tilted camera to a level one.

    Up is taken to be where the hips of those who stand are above their ankles: the geometric median of
    these directions, over the poses of everyone. The rotation is the smallest that makes it vertical;
    the identity, where too few poses stand, or where the tilt is too small or too large to be told.

    Args:
        people: Poses, root-relative or not, y down, of one recording whose camera stands still, and
            their joint sets.
    """
    directions = [_up(poses, joints) for poses, joints in people]
    up = np.concatenate([*directions, np.zeros((0, 3))])
    if len(up) < _FEWEST:
        return np.eye(3)
    turn = swing(_geometric_median(up), _VERTICAL)[0]
    return turn if _TILTS[0] <= tilt(turn) <= _TILTS[1] else np.eye(3)


def tilt(turn: Float[ndarray, "3 3"]) -> float:
    """Return the angle of a rotation, degrees."""
    return float(np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))))


def _up(poses: Float[ndarray, "T J 3"], joints: Skeleton) -> Float[ndarray, "N 3"]:
    """Return the directions from ankles to hips of the poses that stand."""
    names = {f"{side}_{limb}" for side in _SIDES for limb in _LIMBS}
    if not names <= set(joints.joints):
        return np.zeros((0, 3))
    at = {name: poses[:, joints.index(name)].astype(np.float64) for name in names}
    hips, shoulders = (_middle(at, limb) for limb in ("hip", "shoulder"))
    left, right = (_unit(hips - at[f"{side}_ankle"]) for side in _SIDES)
    legs = left + right
    knees = [
        _angle(at[f"{s}_hip"] - at[f"{s}_knee"], at[f"{s}_ankle"] - at[f"{s}_knee"]) for s in _SIDES
    ]
    # NaN compares as false.
    stands = (np.fmax(*knees) > _STRAIGHT) & (_angle(shoulders - hips, legs) < _BENT)
    return _unit(legs[stands])


def _middle(at: dict[str, ndarray], limb: str) -> Float[ndarray, "T 3"]:
    return (at[f"left_{limb}"] + at[f"right_{limb}"]) / 2


def _unit(vectors: Float[ndarray, "*n 3"]) -> Float[ndarray, "*n 3"]:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(min=1e-9)


def _angle(one: Float[ndarray, "*n 3"], other: Float[ndarray, "*n 3"]) -> Float[ndarray, " *n"]:
    return np.degrees(np.arccos((_unit(one) * _unit(other)).sum(-1).clip(-1, 1)))


def _geometric_median(directions: Float[ndarray, "N 3"]) -> Float[ndarray, " 3"]:
    """Return the direction whose distances from the others are smallest in sum (Weiszfeld, 1937)."""
    median = directions.mean(0)
    for _ in range(_ROUNDS):
        weights = 1 / np.linalg.norm(directions - median, axis=-1).clip(min=1e-3)
        median = weights @ directions / weights.sum()
    return _unit(median)
