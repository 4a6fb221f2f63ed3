"""Cameras of a dataset in VideoPose3D's layout: the JSON file that describes them.

::

    {"fps": 50, "cameras": {"front": CAMERA, "side": CAMERA}}                   one rig for all
    {"fps": 50, "subjects": {"anna": {"front": CAMERA}, "ben": {"front": CAMERA}}}

Cameras stand in the order of the arrays in ``positions_2d``.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from datamodules.safe_load import load_json
from datamodules.store.videopose3d import check_name
from lifting.cameras import TANGENTIAL_GAIN, Camera, calibrated_camera, nominal_camera
from lifting.errors import InputError
from lifting.geometry import quaternion_to_matrix

Rig = dict[str, Camera]

_KEYS = {
    *("resolution", "focal", "principal", "radial", "tangential", "lens"),
    *("orientation", "translation"),
}
_NEEDED_FOR_POSES = ("focal", "principal", "orientation", "translation")

# Metres; a larger distance is one in millimetres.
_FARTHEST = 1000.0


@dataclass(frozen=True)
class Cameras:
    """The cameras of a dataset.

    Attributes:
        path: Their file.
        rigs: By subject its cameras in order; under None those of everyone.
        fps: Frames per second, where the file tells.
    """

    path: Path
    rigs: dict[str | None, Rig] = field(default_factory=dict)
    fps: float | None = None

    def of(self, subject: str) -> Rig:
        """Return the cameras of a subject: ``Train/S1`` has those of ``S1``, if not its own.

        Raises:
            InputError: If the file has none.
        """
        for name in (subject, subject.split("/")[-1], None):
            if name in self.rigs:
                return self.rigs[name]
        raise InputError(f"has no cameras of '{subject}'", self.path, "add them to 'subjects'.")


def read_cameras(path: Path, for_poses: bool) -> Cameras:
    """Read a cameras file.

    Args:
        path: The file.
        for_poses: Whether poses are to be seen through them, for which calibration is needed; else
            what is not given is that of :func:`lifting.cameras.nominal_camera`.

    Raises:
        InputError: If it is missing, no JSON, or not as described above.
    """
    content = load_json(path)
    if not isinstance(content, dict) or len({"cameras", "subjects"} & set(content)) != 1:
        raise InputError("needs either 'cameras', one rig for all, or 'subjects'.", path)
    if unknown := set(content) - {"fps", "cameras", "subjects"}:
        raise InputError(f"'{min(unknown)}' is not known", path, "leave it out.")
    fps = content.get("fps")
    if fps is not None:
        fps = check_fps(fps, f"{path}: 'fps'")
    each = content.get("subjects", {None: content.get("cameras")})
    if not isinstance(each, dict) or not each:
        raise InputError("'subjects' is no dictionary of rigs", path, "repair it.")
    return Cameras(path, {s: _rig(rig, s, path, for_poses) for s, rig in each.items()}, fps)


def check_fps(fps: object, where: str) -> float:
    """Return a frame rate as a number.

    Raises:
        InputError: If it is none.
    """
    if not isinstance(fps, int | float) or isinstance(fps, bool) or not 0 < fps < 100_000:
        raise InputError(f"{where} is {fps!r}: give frames per second.")
    return float(fps)


def _rig(content: object, subject: str | None, path: Path, for_poses: bool) -> Rig:
    of = "" if subject is None else f" of '{subject}'"
    if not isinstance(content, dict) or not content:
        raise InputError(f"the cameras{of} are no dictionary of cameras", path, "repair it.")
    for name in content:
        check_name(name, path)
    return {
        name: _camera(camera, f"{path}: camera '{name}'{of}", for_poses)
        for name, camera in content.items()
    }


def _camera(content: Any, where: str, for_poses: bool) -> Camera:
    if not isinstance(content, dict) or "resolution" not in content:
        raise InputError("has no 'resolution'", where, "add width and height of the image.")
    if unknown := set(content) - _KEYS:
        raise InputError(f"'{min(unknown)}' is not known", where, f"known are {', '.join(_KEYS)}.")
    if for_poses:
        for key in _NEEDED_FOR_POSES:
            if key not in content:
                raise InputError(f"{where} has no '{key}', which poses need", remedy="add it.")
    lens = content.get("lens", "opencv")
    if lens not in tuple(TANGENTIAL_GAIN):
        raise InputError(f"the lens is {lens!r}", where, f"known are {', '.join(TANGENTIAL_GAIN)}.")
    tangential = content.get("tangential", {"p1": 0, "p2": 0})
    if not isinstance(tangential, dict) or set(tangential) != {"p1", "p2"}:
        raise InputError('\'tangential\' is not of the form {"p1": 0, "p2": 0}.', where)
    size = _vector(content["resolution"], 2, f"{where}: 'resolution'")
    nominal = nominal_camera(float(size[0]), float(size[1]))
    focal = _vector(content.get("focal", nominal.focal.tolist()), 2, f"{where}: 'focal'")
    if min(*size, *focal) <= 0:
        raise InputError("'resolution' and 'focal' are not above 0", where, "give pixels.")
    position = _vector(content.get("translation", 3 * [0.0]), 3, f"{where}: 'translation'")
    if np.linalg.norm(position) > _FARTHEST:
        raise InputError(f"'translation' is {position.tolist()}", where, "give metres.")
    rotation = nominal.rotation.numpy()
    if "orientation" in content:
        rotation = _rotation(content["orientation"], f"{where}: 'orientation'")
    return calibrated_camera(
        focal=focal,
        principal=_vector(content.get("principal", size / 2), 2, f"{where}: 'principal'"),
        size=size,
        rotation=rotation,
        position=1000 * position,
        radial=_vector(content.get("radial", 3 * [0.0]), 3, f"{where}: 'radial'"),
        tangential=_vector([tangential["p2"], tangential["p1"]], 2, f"{where}: 'tangential'"),
        lens=lens,
    )


def _rotation(orientation: object, where: str) -> NDArray[np.float64]:
    """Return the rotation from world to camera."""
    quaternion = _vector(orientation, 4, where)
    if abs(np.linalg.norm(quaternion) - 1) > 0.01:
        raise InputError(f"{where} is no unit quaternion (w, x, y, z)", remedy="repair it.")
    return quaternion_to_matrix(torch.from_numpy(quaternion)).mT.contiguous().numpy()


def _vector(content: object, size: int, where: str) -> NDArray[np.float64]:
    try:
        vector = np.array(content)
    except ValueError:
        vector = np.zeros(0, object)
    if vector.shape != (size,) or vector.dtype.kind not in "iuf" or not np.isfinite(vector).all():
        raise InputError(f"{where} is {content!r}", remedy=f"give {size} finite numbers.")
    return vector.astype(np.float64)
