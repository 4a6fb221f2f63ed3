"""Joints that CMU's skeletons and Human3.6M's do not share, and poses with earlier definitions of them.

Earlier conversions, such as ``data_3d_cmu_h36m17.npz``, took the database's root for the pelvis, the end
of the upper back for ``spine``, and the end of the bone ``lradius`` or ``rradius``, two thirds down the
forearm, for a wrist.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lifting.skeletons import skeleton

Array = NDArray[np.float64]

_JOINTS = skeleton("h36m17")
_HIPS = _JOINTS.indices(["left_hip", "right_hip"])
_SHOULDERS, _ELBOWS, _WRISTS = (
    _JOINTS.indices([f"left_{joint}", f"right_{joint}"]) for joint in ("shoulder", "elbow", "wrist")
)
_SPINE = _JOINTS.index("spine")

# The bone that ends at the wrist is half as long as the one before it, in every ASF file.
_WHOLE_FOREARM = 1.5

# A root this far from the hips, millimetres, is no middle of them, and a forearm this short beside the
# upper arm ends before the wrist: 0.7 and 1.0 in CMU's skeletons, 0.8 to 1.0 in people.
_PELVIS_OFF_HIPS = 30.0
_SHORT_FOREARM = 0.78


def with_pelvis(world: Array) -> Array:
    """Return poses ``(T, 17, 3)`` with the pelvis in the middle of the hips."""
    result = world.copy()
    result[:, _JOINTS.root] = world[:, _HIPS].mean(1)
    return result


def with_wrists(world: Array) -> Array:
    """Return poses ``(T, 17, 3)`` with forearms that go on to the wrist."""
    result = world.copy()
    forearm = world[:, _WRISTS] - world[:, _ELBOWS]
    result[:, _WRISTS] = world[:, _ELBOWS] + _WHOLE_FOREARM * forearm
    return result


def has_earlier_joints(trials: Sequence[Array]) -> bool:
    """Return whether poses ``(T, 17, 3)``, millimetres, have the joints of earlier conversions."""
    poses = np.concatenate([world[:: max(1, len(world) // 20)] for world in trials])
    off = np.linalg.norm(poses[:, _JOINTS.root] - poses[:, _HIPS].mean(1), axis=-1)
    forearm = np.linalg.norm(poses[:, _WRISTS] - poses[:, _ELBOWS], axis=-1)
    upper_arm = np.linalg.norm(poses[:, _ELBOWS] - poses[:, _SHOULDERS], axis=-1)
    ratio = np.median(forearm / np.maximum(upper_arm, 1e-6))
    return bool(np.median(off) > _PELVIS_OFF_HIPS and ratio < _SHORT_FOREARM)


def mend(world: Array) -> Array:
    """Return poses of earlier conversions ``(T, 17, 3)`` with the joints that are used now.

    Pelvis and wrists are exact. Where the lower back ends cannot be told from the old joints: it is put
    half way between the root and the end of the upper back.
    """
    result = with_wrists(with_pelvis(world))
    result[:, _SPINE] = (world[:, _JOINTS.root] + world[:, _SPINE]) / 2
    return result
