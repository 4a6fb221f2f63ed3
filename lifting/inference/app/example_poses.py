"""2D poses to begin with, for any joint set: a person seen from the front."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from lifting.skeletons import Skeleton
from lifting.skeletons.t_pose import t_pose

# What a limb carries along when it is turned about its first joint.
_ARM = ("elbow", "wrist", "hand", "thumb", "index", "pinky")
_FOREARM = _ARM[1:]
_LEG = ("knee", "ankle", "heel", "foot", "toe", "big_toe", "small_toe")
_SHIN = _LEG[1:]
_LIMBS = {"shoulder": _ARM, "elbow": _FOREARM, "hip": _LEG, "knee": _SHIN}

# How far limbs are raised sideways out of the T-pose, degrees, the outer one after the inner one.
POSES: Mapping[str, Mapping[str, int]] = {
    "Stand": {
        "left_elbow": 12,
        "left_shoulder": -72,
        "right_elbow": 12,
        "right_shoulder": -72,
        "left_hip": 3,
        "right_hip": 3,
    },
    "Wave": {
        "left_elbow": 70,
        "left_shoulder": 15,
        "right_elbow": 12,
        "right_shoulder": -72,
        "left_hip": 3,
        "right_hip": 3,
    },
    "Jump": {
        "left_elbow": 15,
        "left_shoulder": 45,
        "right_elbow": 15,
        "right_shoulder": 45,
        "left_hip": 22,
        "right_hip": 22,
        "left_knee": -8,
        "right_knee": -8,
    },
    "Karate": {
        "left_elbow": -35,
        "left_shoulder": -25,
        "right_elbow": 100,
        "right_shoulder": -40,
        "left_hip": 62,
        "right_hip": 6,
    },
}
# Centimetres: height of someone in T-pose, and distance of the eye.
_TALL, _EYE = 175.0, 450.0
# Share of the image's height that the person takes up.
_SHARE = 0.42


def standing(joints: Skeleton, pose: str, size: float) -> Float[ndarray, "K 2"]:
    """Return the pixels of somebody on a square image.

    Args:
        joints: Their joint set.
        pose: One of :data:`POSES`.
        size: Side of the image.

    Raises:
        InputError: If the joint set has a joint whose place is not known.
    """
    places = t_pose(joints)
    for name, degrees in POSES[pose].items():
        _raise(places, joints, name, degrees)
    # Left is at the right of someone who is seen from the front; what is near is larger.
    near = _EYE / (_EYE - places[:, 2:])
    across, up = np.split(places[:, :2] * near, 2, axis=1)
    middle = (up.max() + up.min()) / 2
    scale = _SHARE * size / _TALL
    return size / 2 + scale * np.concatenate([across, middle - up], axis=1)


def _raise(places: Float[ndarray, "K 3"], joints: Skeleton, name: str, degrees: int) -> None:
    """Turn what hangs from a joint about it, outwards and upwards; of a set that lacks it, nothing."""
    if name not in joints.joints:
        return
    side, stem = name.split("_")
    about = places[joints.index(name), :2]
    angle = np.radians(degrees if side == "left" else -degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for index, joint in enumerate(joints.joints):
        if joint.startswith(f"{side}_") and joint.removeprefix(f"{side}_").startswith(_LIMBS[stem]):
            places[index, :2] = about + turn @ (places[index, :2] - about)
