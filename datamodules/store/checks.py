"""Checks of poses and keypoints before they are written and after they are read."""

import numpy as np
from numpy.typing import NDArray

from lifting.errors import InputError
from lifting.skeletons import Skeleton

Array = NDArray[np.float32]

# The mean bone of a 17-joint adult is 250 mm; sparser sets have longer bones. A child or a
# dense set stays inside, any other unit falls outside.
_MEAN_BONE_MM = (60.0, 800.0)


def check_pose(pose: Array, joints: Skeleton, where: str) -> None:
    """Refuse poses that are not ``(T, J, 3)`` finite millimetres.

    Raises:
        InputError: Naming ``where``, the fault and the remedy.
    """
    if pose.ndim != 3 or pose.shape[1:] != (len(joints), 3) or len(pose) == 0:
        raise InputError(
            f"poses are {pose.shape}, expected (frames, {len(joints)}, 3) "
            f"for skeleton '{joints.name}', and at least one frame.",
            where,
        )
    if not np.isfinite(pose).all():
        frame = int(np.argwhere(~np.isfinite(pose))[0][0])
        raise InputError(
            f"poses hold NaN or infinity, first at frame {frame}", where, "repair or leave out."
        )
    parents, children = (list(ends) for ends in zip(*joints.bones, strict=True))
    sample = pose[:: max(1, len(pose) // 100)]
    bone = float(np.linalg.norm(sample[:, children] - sample[:, parents], axis=-1).mean())
    low, high = _MEAN_BONE_MM
    if not low < bone < high:
        units = {"metres": 1000, "centimetres": 10}
        unit = next((name for name, f in units.items() if low < bone * f < high), None)
        remedy = f"the poses seem to be in {unit}" if unit else "check the unit and the joint order"
        raise InputError(
            f"the mean bone is {bone:.4g} long, where millimetres are expected", where, f"{remedy}."
        )


def check_keypoints(keypoints: Array, joints: Skeleton, frames: int | None, where: str) -> None:
    """Refuse keypoints that are not ``(T, J, 3)`` finite numbers, T as given.

    Raises:
        InputError: Naming ``where``, the fault and the remedy.
    """
    if keypoints.ndim != 3 or keypoints.shape[1:] != (len(joints), 3) or len(keypoints) == 0:
        raise InputError(
            f"keypoints are {keypoints.shape}, expected (frames, {len(joints)}, 3) for "
            f"skeleton '{joints.name}': x, y and confidence, and at least one frame.",
            where,
        )
    if frames is not None and len(keypoints) != frames:
        raise InputError(
            f"{len(keypoints)} frames of keypoints for a clip of {frames}",
            where,
            "are they of the same recording?",
        )
    if not np.isfinite(keypoints).all():
        frame = int(np.argwhere(~np.isfinite(keypoints))[0][0])
        raise InputError(
            f"keypoints hold NaN or infinity, first at frame {frame}",
            where,
            "give missing joints a number and confidence 0.",
        )
