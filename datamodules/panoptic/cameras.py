"""Cameras of CMU Panoptic, converted from its world with y down to one with z up."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor

from datamodules.safe_load import load_json
from lifting.cameras import Camera, calibrated_camera
from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError

Array = NDArray[np.float64]

# Five of the HD cameras, those of VoxelPose (Tu et al., ECCV 2020) and of L2D-Pose: panel and node.
HD_CAMERAS = ("00_03", "00_06", "00_12", "00_13", "00_23")

# Rows multiplied by it change from the dataset's world to one with z up.
UPRIGHT = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
# Centimetres.
MILLIMETRES = 10.0

_SHAPES = {"K": (3, 3), "R": (3, 3), "t": (3, 1), "distCoef": (5,), "resolution": (2,)}


def read_cameras(path: Path, names: tuple[str, ...]) -> dict[str, Camera]:
    """Read cameras, as panel and node ``00_03``, of ``calibration_<sequence>.json``, in float64.

    Raises:
        InputError: If the file is missing, damaged or lacks one of the cameras.
    """
    content = load_json(path)
    listed = content.get("cameras") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise InputError("lists no 'cameras'", path, "get the calibration again.")
    known = {str(c.get("name")): c for c in listed if isinstance(c, dict)}
    for name in names:
        if name not in known:
            raise InputError(f"has no camera '{name}'", path, "get the calibration again.")
    return {name: _camera(known[name], f"{path}: camera '{name}'") for name in names}


def _camera(content: dict[str, Any], where: str) -> Camera:
    values: dict[str, Array] = {}
    for key, shape in _SHAPES.items():
        try:
            values[key] = np.array(content[key], np.float64)
        except DATA_ERRORS as error:
            raise InputError(
                f"has no numbers '{key}'", where, "get the calibration again."
            ) from error
        if values[key].shape != shape or not np.isfinite(values[key]).all():
            what = f"'{key}' is {values[key].shape}, expected {shape}"
            raise InputError(what, where, "get the calibration again.")
    intrinsic, rotation = values["K"], values["R"]
    k1, k2, p1, p2, k3 = values["distCoef"]
    return calibrated_camera(
        focal=intrinsic[[0, 1], [0, 1]],
        principal=intrinsic[:2, 2],
        size=values["resolution"],
        rotation=rotation @ UPRIGHT,
        position=MILLIMETRES * (-rotation.T @ values["t"][:, 0]) @ UPRIGHT,
        radial=(k1, k2, k3),
        tangential=(p2, p1),
    )


def visible(pose: Float[Tensor, "*batch 3"], camera: Camera) -> Bool[Tensor, "*batch"]:
    """Return which points a camera can see: those in front of it within the range of its lens model.

    The distortion polynomial of most of these lenses has its maximum 54 to 64 degrees off the axis, and
    projects points beyond back towards the centre of the image. Points are in the camera frame.
    """
    k1, k2, k3 = camera.radial.tolist()
    # Roots, in r^2, of the derivative of r (1 + k1 r^2 + k2 r^4 + k3 r^6).
    roots = np.roots([7 * k3, 5 * k2, 3 * k1, 1])
    real = roots[np.isreal(roots)].real
    farthest = min(real[real > 0], default=np.inf)
    x, y, z = pose.unbind(-1)
    return (z > 0) & (x**2 + y**2 < farthest * z**2)
