"""Checks of poses and keypoints before they are written and after they are read."""

import numpy as np
from numpy.typing import NDArray

from lifting.errors import InputError
from lifting.skeletons import Skeleton

Array = NDArray[np.float32]

# The mean bone of a 17-joint adult is 250 mm; sparser sets have longer bones. A child or a
# dense set stays inside, any other unit falls outside.
_MEAN_BONE_MM = (60.0, 800.0)


def _check_array(kind: str, array: Array, joints: Skeleton, where: str, remedy: str) -> None:
    if array.ndim != 3 or array.shape[1:] != (len(joints), 3) or len(array) == 0:
        what = f"{kind} are {array.shape}, expected (frames, {len(joints)}, 3) of '{joints.name}'"
        raise InputError(what, where, "give at least one frame.")
    if not np.isfinite(array).all():
        frame = int(np.argwhere(~np.isfinite(array))[0][0])
        raise InputError(f"{kind} hold NaN or infinity, first at frame {frame}", where, remedy)


def check_pose(pose: Array, joints: Skeleton, where: str) -> None:
    """Refuse poses that are not ``(T, J, 3)`` finite millimetres.

    Raises:
        InputError: Naming ``where``, the fault and the remedy.
    """
    _check_array("poses", pose, joints, where, "repair or leave out.")
    parents, children = (list(ends) for ends in zip(*joints.bones, strict=True))
    sample = pose[:: max(1, len(pose) // 100)]
    bone = float(np.linalg.norm(sample[:, children] - sample[:, parents], axis=-1).mean())
    low, high = _MEAN_BONE_MM
    if not low < bone < high:
        units = {"metres": 1000, "centimetres": 10}
        unit = next((name for name, f in units.items() if low < bone * f < high), None)
        remedy = f"the poses seem to be in {unit}" if unit else "check the unit and the joint order"
        what = f"the mean bone is {bone:.4g} long, where millimetres are expected"
        raise InputError(what, where, f"{remedy}.")


def check_keypoints(keypoints: Array, joints: Skeleton, frames: int | None, where: str) -> None:
    """Refuse keypoints that are not ``(T, J, 3)`` finite numbers, T as given.

    Raises:
        InputError: Naming ``where``, the fault and the remedy.
    """
    remedy = "give missing joints a number and confidence 0."
    _check_array("keypoints", keypoints, joints, where, remedy)
    if frames is not None and len(keypoints) != frames:
        what = f"{len(keypoints)} frames of keypoints for a clip of {frames}"
        raise InputError(what, where, "name files that belong together.")
