"""Joint angles of poses, in degrees: hips, knees, ankles, shoulders and elbows (docs/angles.md).

Segments and signs are those of the International Society of Biomechanics (Wu et al., Journal of
Biomechanics 35, 2002, and 38, 2005) as far as centres of joints alone tell them: no markers say how a
segment is twisted about its length, so the axes of thigh and upper arm come from the plane in which knee
and elbow are bent. A segment has X forwards, Y up and Z to the right; those of the left side are
mirrored, so that both sides have the same signs.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64
from numpy import ndarray

from lifting.skeletons.base import Skeleton
from lifting.skeletons.joint_sets import skeleton
from lifting.skeletons.t_pose import t_pose

# A knee or an elbow that is less bent does not tell how thigh or upper arm are twisted.
LEAST_BEND = 20.0
# An angle about an axis is not defined where the segment lies within this of the axis.
LEAST_FROM_AXIS = 10.0
# What the foot begins and ends with, the first that a joint set has.
_HEELS = (("heel",), ("ankle",))
_TOES = (("big_toe", "small_toe"), ("toe_tip",), ("toe_end",), ("toe",))
_ARM = ("shoulder_flexion", "shoulder_adduction", "shoulder_elevation", "shoulder_plane")


class _Frame(NamedTuple):
    """Axes of a segment, in the camera frame; Z points outwards, to the side that is looked at."""

    x: ndarray
    y: ndarray
    z: ndarray

    def coordinates(self, vector: ndarray) -> tuple[ndarray, ndarray, ndarray]:
        return _dot(vector, self.x), _dot(vector, self.y), _dot(vector, self.z)


def angle_names(name: str) -> tuple[str, ...]:
    """Return the names of the angles of a joint set; sets without toes have no ``ankle_dorsiflexion``.

    Args:
        name: Name of the joint set.

    Example:
        >>> [name for name in angle_names("halpe26") if name.startswith("left_ankle")]
        ['left_ankle_dorsiflexion']
    """
    ankle = ("ankle_dorsiflexion",) if _foot(skeleton(name)) else ()
    leg = ("hip_flexion", "hip_adduction", "hip_rotation", "knee_flexion", *ankle)
    arm = (*_ARM, "shoulder_rotation", "elbow_flexion")
    return tuple(f"{side}_{angle}" for side in ("right", "left") for angle in (*leg, *arm))


def joint_angles(poses: Float[ndarray, "T J 3"], name: str) -> Float64[ndarray, "T A"]:
    """Return the joint angles of poses, degrees, in the order of :func:`angle_names`.

    An angle is NaN where one of its joints is, or where it is not defined: ``hip_rotation`` and
    ``shoulder_rotation`` where the joint below is bent by less than :data:`LEAST_BEND`, angles about an
    axis where the segment lies within :data:`LEAST_FROM_AXIS` of it.

    Args:
        poses: Camera frame (x right, y down, z away), any unit.
        name: Their joint set.
    """
    joints = skeleton(name)
    place = dict(zip(joints.joints, poses.astype(np.float64).swapaxes(0, 1), strict=True))
    hips = (place["left_hip"] + place["right_hip"]) / 2
    shoulders = (place["left_shoulder"] + place["right_shoulder"]) / 2
    middle = place.get("spine")
    columns: dict[str, ndarray] = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        for side in ("right", "left"):
            other = "left" if side == "right" else "right"
            outwards = {
                j: place[f"{side}_{j}"] - place[f"{other}_{j}"] for j in ("hip", "shoulder")
            }
            mirrored = side == "left"
            pelvis = _pelvis(
                (shoulders if middle is None else middle) - hips, outwards["hip"], mirrored
            )
            up = shoulders - (hips if middle is None else middle)
            thorax = _thorax(up, outwards["shoulder"], mirrored)
            thigh, shank = _segments(place, side, ("hip", "knee", "ankle"))
            arm, forearm = _segments(place, side, ("shoulder", "elbow", "wrist"))
            found = _leg(pelvis, thigh, shank) | _shoulder(thorax, arm, forearm)
            if foot := _foot(joints):
                found["ankle_dorsiflexion"] = _dorsiflexion(place, joints, side, *foot)
            columns |= {f"{side}_{angle}": values for angle, values in found.items()}
    return np.stack([columns[angle] for angle in angle_names(name)], -1)


def _pelvis(up: ndarray, outwards: ndarray, mirrored: bool) -> _Frame:
    """Return the frame whose Z is exact: the line of the hips."""
    z = _unit(outwards)
    x = _unit(np.cross(z, up) if mirrored else np.cross(up, z))
    return _Frame(x, np.cross(x, z) if mirrored else np.cross(z, x), z)


def _thorax(up: ndarray, outwards: ndarray, mirrored: bool) -> _Frame:
    """Return the frame whose Y is exact: the line of the trunk, as shoulders move by themselves."""
    y = _unit(up)
    x = _unit(np.cross(outwards, y) if mirrored else np.cross(y, outwards))
    return _Frame(x, y, np.cross(y, x) if mirrored else np.cross(x, y))


def _leg(pelvis: _Frame, thigh: ndarray, shank: ndarray) -> dict[str, ndarray]:
    """Return the angles of hip (rotations Z, X, Y of the thigh in the pelvis) and knee."""
    x, y, z = pelvis.coordinates(thigh)
    flexion, adduction = np.arctan2(x, -y), np.arcsin(np.clip(-z, -1, 1))
    bend = _between(thigh, shank)
    # A knee bends backwards: what of the shank is square to the thigh points there.
    forwards = pelvis.coordinates(-(shank - _dot(shank, thigh)[:, None] * thigh))
    # Into the thigh's frame before its own rotation: back by Z, then by X.
    a, b, c = forwards
    ahead = np.cos(flexion) * a + np.sin(flexion) * b
    across = np.cos(flexion) * b - np.sin(flexion) * a
    outwards = np.cos(adduction) * c - np.sin(adduction) * across
    rotation = np.degrees(np.arctan2(-outwards, ahead))
    adduction = np.degrees(adduction)
    near_axis = np.abs(adduction) > 90 - LEAST_FROM_AXIS
    return {
        "hip_flexion": np.where(near_axis, np.nan, np.degrees(flexion)),
        "hip_adduction": adduction,
        "hip_rotation": np.where(near_axis | (bend < LEAST_BEND), np.nan, rotation),
        "knee_flexion": bend,
    }


def _shoulder(thorax: _Frame, arm: ndarray, forearm: ndarray) -> dict[str, ndarray]:
    """Return the angles of shoulder (Z, X, and Y, X, Y of the upper arm in the thorax) and elbow."""
    x, y, z = thorax.coordinates(arm)
    adduction = np.degrees(np.arcsin(np.clip(-z, -1, 1)))
    elevation, plane = np.arccos(np.clip(-y, -1, 1)), np.arctan2(x, z)
    bend = _between(arm, forearm)
    a, b, c = thorax.coordinates(forearm - _dot(forearm, arm)[:, None] * arm)
    # Into the arm's frame before its own rotation: back by the plane about Y, then by X.
    ahead = np.cos(plane) * a - np.sin(plane) * c
    across = np.sin(plane) * a + np.cos(plane) * c
    outwards = np.sin(elevation) * b + np.cos(elevation) * across
    rotation = np.degrees(np.arctan2(-outwards, ahead))
    elevation = np.degrees(elevation)
    upright = (elevation < LEAST_FROM_AXIS) | (elevation > 180 - LEAST_FROM_AXIS)
    sideways = np.abs(adduction) > 90 - LEAST_FROM_AXIS
    return {
        "shoulder_flexion": np.where(sideways, np.nan, np.degrees(np.arctan2(x, -y))),
        "shoulder_adduction": adduction,
        "shoulder_elevation": elevation,
        "shoulder_plane": np.where(upright, np.nan, np.degrees(plane)),
        "shoulder_rotation": np.where(upright | (bend < LEAST_BEND), np.nan, rotation),
        "elbow_flexion": bend,
    }


def _foot(joints: Skeleton) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the stems of the joints between which a foot lies, or None where there are no toes."""

    def first(choices: tuple[tuple[str, ...], ...]) -> tuple[str, ...] | None:
        there = (c for c in choices if all(f"left_{stem}" in joints.joints for stem in c))
        return next(there, None)

    heel, toes = first(_HEELS), first(_TOES)
    return None if heel is None or toes is None else (heel, toes)


def _dorsiflexion(
    place: dict[str, ndarray],
    joints: Skeleton,
    side: str,
    heel: tuple[str, ...],
    toes: tuple[str, ...],
) -> ndarray:
    """Return by how much the foot is nearer to the shank than in the T-pose, which stands upright."""
    standing = dict(zip(joints.joints, t_pose(joints), strict=True))

    def angle(at: dict[str, ndarray]) -> ndarray:
        start, end = (
            np.mean([at[f"{side}_{stem}"] for stem in stems], 0) for stems in (heel, toes)
        )
        upwards = at[f"{side}_knee"] - at[f"{side}_ankle"]
        return _between(_unit(upwards), _unit(end - start))

    return angle(standing) - angle(place)


def _segments(
    place: dict[str, ndarray], side: str, stems: tuple[str, str, str]
) -> tuple[ndarray, ndarray]:
    """Return the directions of the two segments of a limb, from the trunk outwards."""
    above, middle, below = (place[f"{side}_{stem}"] for stem in stems)
    return _unit(middle - above), _unit(below - middle)


def _between(a: ndarray, b: ndarray) -> ndarray:
    """Return the angle between unit vectors, degrees, exact also where it is small."""
    across = np.linalg.norm(np.cross(a, b), axis=-1)
    return np.degrees(np.arctan2(across, _dot(a, b)))


def _unit(vector: ndarray) -> ndarray:
    return vector / np.linalg.norm(vector, axis=-1, keepdims=True)


def _dot(a: ndarray, b: ndarray) -> ndarray:
    return (a * b).sum(-1)
