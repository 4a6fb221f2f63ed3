"""Reader of AIST++'s annotations as published: 3D keypoints, cameras, and detections of nine views.

``keypoints3d/<sequence>.pkl`` holds ``keypoints3d`` ``(N, 17, 3)`` in COCO's order, centimetres, 60
frames a second, and ``keypoints3d_optim``, in which bones keep their length; ``cameras/mapping.txt``
says of every sequence in which setting it was recorded, and ``cameras/<setting>.json`` lists its
cameras. Of each view ``keypoints2d/<sequence>.pkl`` has what was detected, ``keypoints2d``
``(views, N, 17, 3)``. The layout is that of ``aist_plusplus/loader.py`` of the owners' code.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from datamodules.safe_load import existing_file, existing_folder, load_json, load_pickle
from lifting.cameras import Camera, calibrated_camera
from lifting.containers.damage import DATA_ERRORS, taking_apart
from lifting.errors import InputError

Array = NDArray[np.float64]

JOINTS = "coco17"
FPS = 60.0

# Genre, situation, all cameras, dancer, music, choreography.
_NAME = re.compile(r"g(\w{2})_s\w{2}_cAll_(d\d{2})_\w+_ch\d{2}")
_GENRES = {
    **{"BR": "break", "PO": "pop", "LO": "lock", "MH": "middle_hip_hop", "LH": "la_hip_hop"},
    **{"HO": "house", "WA": "waack", "KR": "krump", "JS": "street_jazz", "JB": "ballet_jazz"},
}

# Rows multiplied by it change from the dataset's world, with y up, to one with z up.
_UPRIGHT = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
# Centimetres.
_MILLIMETRES = 10.0
_SHAPES = {
    "size": (2,),
    "matrix": (3, 3),
    "rotation": (3,),
    "translation": (3,),
    "distortions": (5,),
}


def sequences_of(raw: Path) -> list[str]:
    """Return the sequences of the folder of annotations, but those that its owners ignore.

    Raises:
        InputError: If there is none.
    """
    ignored: set[str] = set()
    if (listed := existing_folder(raw) / "ignore_list.txt").is_file():
        ignored = set(_lines(listed))
    names = sorted(path.stem for path in (raw / "keypoints3d").glob("*.pkl"))
    if not names:
        raise InputError("no keypoints3d/*.pkl in it", raw, "name AIST++'s folder of annotations.")
    return [name for name in names if name not in ignored]


def dancer_of(sequence: str, where: Path) -> tuple[str, str]:
    """Return dancer and genre of a sequence, as ``gBR_sBM_cAll_d04_mBR0_ch01``.

    Raises:
        InputError: If it is not named so.
    """
    match = _NAME.fullmatch(sequence)
    if match is None:
        what = f"'{sequence}' is not named as gBR_sBM_cAll_d04_mBR0_ch01"
        raise InputError(what, where, "rename or remove it.")
    return match[2], _GENRES.get(match[1], match[1])


def read_poses(path: Path) -> Array:
    """Return the 3D keypoints of a sequence, with bones of constant length where the file has them.

    Returns:
        Millimetres in a world with z up ``(N, 17, 3)``; NaN where a joint was not found.

    Raises:
        InputError: If the file is damaged, asks to run something, or is not as published.
    """
    content = load_pickle(path)
    with taking_apart(path, "is not as AIST++'s keypoints3d are", "get the file again."):
        name = "keypoints3d_optim" if "keypoints3d_optim" in content else "keypoints3d"
        points = np.asarray(content[name])
        if points.shape[1:] != (17, 3) or points.dtype.kind not in "iuf" or not len(points):
            what = f"'{name}' is {points.dtype} {points.shape}, expected N x 17 x 3 numbers"
            raise InputError(what, path, "get the file again.")
        return _MILLIMETRES * points.astype(np.float64) @ _UPRIGHT


def read_detections(path: Path, views: int, frames: int) -> NDArray[np.float32]:
    """Return what was detected in each view: pixels and confidence ``(views, frames, 17, 3)``.

    What is missing has confidence 0.

    Raises:
        InputError: If the file is damaged, or of another number of views or frames.
    """
    content = load_pickle(path)
    with taking_apart(path, "is not as AIST++'s keypoints2d are", "get the file again."):
        points = np.asarray(content["keypoints2d"])
        expected = (views, frames, 17, 3)
        if points.shape != expected or points.dtype.kind not in "iuf":
            what = f"'keypoints2d' is {points.dtype} {points.shape}, expected numbers {expected}"
            raise InputError(what, path, "get the file again.")
        points = np.where(np.isfinite(points).all(-1, keepdims=True), points, 0).astype(np.float32)
        points[..., 2] = points[..., 2].clip(0, 1)
        return points


def read_mapping(path: Path) -> dict[str, str]:
    """Return the setting of every sequence.

    Raises:
        InputError: If the file is missing or not as published.
    """
    rows = [line.split() for line in _lines(path)]
    if any(len(row) != 2 for row in rows):
        raise InputError("has a line without sequence and setting", path, "get the file again.")
    return {sequence: setting for sequence, setting in rows}


def read_cameras(path: Path) -> dict[str, Camera]:
    """Return the cameras of a setting by name, float64, in the order of the file.

    Raises:
        InputError: If the file is missing, damaged or not as published.
    """
    content = load_json(path)
    if not isinstance(content, list) or not content:
        raise InputError("lists no cameras", path, "get the file again.")
    cameras = {}
    for number, entry in enumerate(content):
        where = f"{path}: camera {number}"
        name = str(entry.get("name")) if isinstance(entry, dict) else ""
        if not re.fullmatch(r"c\d{2}", name) or name in cameras:
            raise InputError(
                "has no name as c01, or one that is taken", where, "get the file again."
            )
        cameras[name] = _camera(entry, where)
    return cameras


def _camera(entry: dict[str, Any], where: str) -> Camera:
    values: dict[str, Array] = {}
    for key, shape in _SHAPES.items():
        try:
            values[key] = np.array(entry[key], np.float64)
        except DATA_ERRORS as error:
            raise InputError(f"has no numbers '{key}'", where, "get the file again.") from error
        if values[key].shape != shape or not np.isfinite(values[key]).all():
            what = f"'{key}' is {values[key].shape}, expected {shape}"
            raise InputError(what, where, "get the file again.")
    matrix, rotation = values["matrix"], Rotation.from_rotvec(values["rotation"]).as_matrix()
    if not (matrix[[0, 1], [0, 1]].min() > 0 and values["size"].min() > 0):
        raise InputError("'matrix' or 'size' are those of no camera", where, "get the file again.")
    k1, k2, p1, p2, k3 = values["distortions"]
    return calibrated_camera(
        focal=matrix[[0, 1], [0, 1]],
        principal=matrix[:2, 2],
        size=values["size"],
        rotation=rotation @ _UPRIGHT,
        position=_MILLIMETRES * (-rotation.T @ values["translation"]) @ _UPRIGHT,
        radial=(k1, k2, k3),
        tangential=(p2, p1),
    )


def _lines(path: Path) -> list[str]:
    """Return the lines of a text file that are not empty.

    Raises:
        InputError: If it is missing or no text.
    """
    try:
        text = existing_file(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is no text", path, "get the file again.") from error
    return [line.strip() for line in text.splitlines() if line.strip()]
