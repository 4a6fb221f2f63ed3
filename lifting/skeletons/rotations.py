"""Rotations from the bones of a rest pose to those of a pose; active, acting on column vectors."""

import numpy as np
from jaxtyping import Float64
from numpy import ndarray
from scipy.spatial.transform import Rotation

# Weight of the identity: it decides where the bones lie on one line, and there alone.
_IDENTITY_WEIGHT = 1e-9


def swing(rest: Float64[ndarray, "3"], to: Float64[ndarray, "T 3"]) -> Float64[ndarray, "T 3 3"]:
    """Return the smallest rotations that turn one direction into others.

    A direction without length is not turned, nor turned into.

    Example:
        >>> swing(np.array([1.0, 0, 0]), np.array([[0.0, 2, 0]]))[0].round().tolist()
        [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    across, along = np.cross(rest, to), to @ rest
    length = np.linalg.norm(across, axis=-1)
    # Half a turn is about any axis that is square to the bone.
    square = np.cross(rest, np.eye(3)[np.abs(rest).argmin()])
    opposite = (length == 0) & (along < 0)
    axes = np.where(opposite[:, None], square, across)
    sizes = np.linalg.norm(axes, axis=-1, keepdims=True)
    axes = np.divide(axes, sizes, out=np.zeros_like(axes), where=sizes > 0)
    return Rotation.from_rotvec(axes * np.arctan2(length, along)[:, None]).as_matrix()


def best_rotation(
    rest: Float64[ndarray, "C 3"], to: Float64[ndarray, "T C 3"]
) -> Float64[ndarray, "T 3 3"]:
    """Return the rotations that bring several bones closest to those of a pose, by least squares.

    Kabsch, Acta Crystallographica A32, 1976, without reflections; of several that are equally good,
    the one that turns least.

    Args:
        rest: Ends of the bones before the rotation, from the joint that they share.
        to: Ends of the bones after it, frame by frame.
    """
    covariance = np.einsum("tci,cj->tij", to, rest)
    covariance += _IDENTITY_WEIGHT * np.square(rest).sum() * np.eye(3)
    u, _, vt = np.linalg.svd(covariance)
    u[..., 2] *= np.linalg.det(u @ vt)[:, None]
    return u @ vt
