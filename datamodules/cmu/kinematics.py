"""Forward kinematics of motion capture: all frames at once, joint after joint."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation


def euler_matrices(
    angles: Float64[np.ndarray, "frames angles"], axes: str
) -> Float64[np.ndarray, "frames 3 3"]:
    """Return rotations by Euler angles about the axes of a moving frame, one after the other.

    ``ZYX`` is ``Rz Ry Rx``: the last is applied to a point first.

    Args:
        angles: Radians, in the order of the axes.
        axes: None to three of X, Y, Z, each once.
    """
    if not axes:
        return np.tile(np.eye(3), (len(angles), 1, 1))
    return Rotation.from_euler(axes, angles).as_matrix().reshape(-1, 3, 3)


def rotations_along(
    parents: Sequence[int], local: Float64[np.ndarray, "frames joints 3 3"]
) -> Float64[np.ndarray, "frames joints 3 3"]:
    """Return each joint's rotation in the world from those relative to its parent, which comes first."""
    result = local.copy()
    for joint, parent in enumerate(parents):
        if parent >= 0:
            result[:, joint] = result[:, parent] @ local[:, joint]
    return result


def positions_along(
    parents: Sequence[int], steps: Float64[np.ndarray, "frames joints 3"]
) -> Float64[np.ndarray, "frames joints 3"]:
    """Return the position of each joint, the sum of the world offsets along its chain of parents."""
    result = steps.copy()
    for joint, parent in enumerate(parents):
        if parent >= 0:
            result[:, joint] += result[:, parent]
    return result
