"""Example 2D poses for any joint set: a person seen from the front."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from lifting.skeletons import Skeleton
from lifting.skeletons.t_pose import t_pose

# Joints that move along when a limb is turned about its first joint.
_ARM = ("elbow", "wrist", "hand", "thumb", "index", "pinky")
_FOREARM = _ARM[1:]
_LEG = ("knee", "ankle", "heel", "foot", "toe", "big_toe", "small_toe")
_SHIN = _LEG[1:]
_LIMBS = {"shoulder": _ARM, "elbow": _FOREARM, "hip": _LEG, "knee": _SHIN}


def _both(**degrees: int) -> dict[str, int]:
    """Return angles of both sides."""
    return {f"{side}_{joint}": d for joint, d in degrees.items() for side in ("left", "right")}


# Angles by which limbs are raised sideways out of the T-pose, one after another, degrees.
POSES: Mapping[str, Mapping[str, int]] = {
    "Stand": _both(elbow=12, shoulder=-72, hip=3),
    "Wave": _both(elbow=12, shoulder=-72, hip=3) | {"left_elbow": 70, "left_shoulder": 15},
    "Jump": _both(elbow=15, shoulder=45, hip=22, knee=-8),
    "Karate": {
        "left_elbow": -35,
        "left_shoulder": -25,
        "right_elbow": 100,
        "right_shoulder": -40,
        "left_hip": 62,
        "right_hip": 6,
    },
}
# Centimetres: height of a person in T-pose, and distance of the camera.
_HEIGHT, _DISTANCE = 175.0, 450.0
# Fraction of the image's height that the person takes up.
_FRACTION = 0.42


def example_pose(joints: Skeleton, pose: str, size: float) -> Float[ndarray, "K 2"]:
    """Return the keypoints of a person on a square image of a size, pixels, in one of :data:`POSES`.

    Raises:
        InputError: If the joint set has a joint whose position is not known.
    """
    positions = t_pose(joints)
    for name, degrees in POSES[pose].items():
        _raise(positions, joints, name, degrees)
    # Left is at the right of someone who is seen from the front; what is near is larger.
    perspective = _DISTANCE / (_DISTANCE - positions[:, 2:])
    across, up = np.split(positions[:, :2] * perspective, 2, axis=1)
    middle = (up.max() + up.min()) / 2
    scale = _FRACTION * size / _HEIGHT
    return size / 2 + scale * np.concatenate([across, middle - up], axis=1)


def _raise(positions: Float[ndarray, "K 3"], joints: Skeleton, name: str, degrees: int) -> None:
    """Turn the limb of a joint about it, outwards and upwards, if the joint set has the joint."""
    if name not in joints.joints:
        return
    side, stem = name.split("_")
    centre = positions[joints.index(name), :2]
    angle = np.radians(degrees if side == "left" else -degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    for index, joint in enumerate(joints.joints):
        if joint.startswith(f"{side}_") and joint.removeprefix(f"{side}_").startswith(_LIMBS[stem]):
            positions[index, :2] = centre + turn @ (positions[index, :2] - centre)
