"""Reader of 3DPW as published: a pickle of Python 2 for each sequence, in a folder for each split.

``sequenceFiles/<split>/<sequence>.pkl`` holds a dictionary (``readme_and_demo.zip``): for everyone who
was tracked ``jointPositions`` ``(N, 72)``, the 24 joints of SMPL in metres, ``poses2d`` ``(N, 3, 18)``,
what OpenPose detected, and ``campose_valid`` ``(N,)``; and for all ``cam_poses`` ``(N, 4, 4)``, world to
camera, and ``cam_intrinsics`` ``(3, 3)``. The camera is carried about.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datamodules.safe_load import existing_folder, load_pickle
from datamodules.store.videopose3d import check_name
from lifting.cameras import Camera, calibrated_camera
from lifting.containers.damage import taking_apart
from lifting.errors import InputError

Array = NDArray[np.float64]

JOINTS = "h36m17"
DETECTED = "openpose18"
FPS = 30.0
SPLITS = ("train", "validation", "test")

# For each joint of h36m17 but the head that of SMPL which is nearest to it.
_SMPL = {
    "pelvis": 0,
    **{"right_hip": 2, "right_knee": 5, "right_ankle": 8},
    **{"left_hip": 1, "left_knee": 4, "left_ankle": 7},
    **{"spine": 6, "thorax": 12, "face": 15},
    **{"left_shoulder": 16, "left_elbow": 18, "left_wrist": 20},
    **{"right_shoulder": 17, "right_elbow": 19, "right_wrist": 21},
}
_NECK, _SKULL = 12, 15
# Human3.6M's head lies as far above the skull's base as this many times the neck is long.
_HEAD = 1.3
_HEAD_COLUMN = 10
_MILLIMETRES = 1000.0


@dataclass(frozen=True)
class Person:
    """Somebody who was tracked in a sequence.

    Attributes:
        pose: Camera frame, millimetres, ``(N, 17, 3)``.
        detected: Pixels and confidence of OpenPose's joints ``(N, 18, 3)``; 0 where there is none.
        valid: Whether the camera's pose is known, ``(N,)``.
    """

    pose: Array
    detected: Array
    valid: NDArray[np.bool_]


@dataclass(frozen=True)
class Sequence:
    """A recording.

    Attributes:
        name: Its name, such as ``downtown_arguing_00``.
        camera: The camera in a frame of its own, float64.
        people: Everyone who was tracked.
    """

    name: str
    camera: Camera
    people: list[Person]


def files_of(raw: Path) -> list[tuple[str, Path]]:
    """Return split and file of every sequence, of ``sequenceFiles`` or the folder that it is in.

    Raises:
        InputError: If there is none.
    """
    inside = existing_folder(raw) / "sequenceFiles"
    folder = inside if inside.is_dir() else raw
    files = [(split, file) for split in SPLITS for file in sorted((folder / split).glob("*.pkl"))]
    if not files:
        what = f"no .pkl in {', '.join(SPLITS)}"
        raise InputError(what, folder, "name the folder sequenceFiles of 3DPW.")
    return files


def read_sequence(path: Path) -> Sequence:
    """Read a sequence.

    Raises:
        InputError: If the file is damaged, asks to run something, or is not as published.
    """
    content = load_pickle(path)
    if not isinstance(content, dict) or "jointPositions" not in content:
        raise InputError("has no 'jointPositions'", path, "name the files of 3DPW's sequenceFiles.")
    check_name(path.stem, path)
    with taking_apart(path, "is not as 3DPW's sequenceFiles are", "get the file again."):
        camera = _camera(_numbers(content["cam_intrinsics"], (3, 3), "cam_intrinsics", path), path)
        extrinsics = _numbers(content["cam_poses"], (None, 4, 4), "cam_poses", path)
        people = [
            _person(content, number, extrinsics, path)
            for number in range(len(content["jointPositions"]))
        ]
    return Sequence(path.stem, camera, people)


def _person(content: dict[str, Any], number: int, extrinsics: Array, path: Path) -> Person:
    count = len(extrinsics)
    smpl, detected, valid = (
        _numbers(content[name][number], shape, f"{name}[{number}]", path)
        for name, shape in (
            ("jointPositions", (count, 72)),
            ("poses2d", (count, 3, 18)),
            ("campose_valid", (count,)),
        )
    )
    world = smpl.reshape(count, 24, 3)
    inside = np.einsum("nij,nkj->nki", extrinsics[:, :3, :3], world) + extrinsics[:, None, :3, 3]
    detected = detected.swapaxes(1, 2).copy()
    # OpenPose's confidences may lie a little above one.
    detected[..., 2] = detected[..., 2].clip(0, 1)
    return Person(_MILLIMETRES * _as_h36m(inside), detected, valid > 0)


def _as_h36m(smpl: Array) -> Array:
    """Return the joints of ``h36m17`` that SMPL's ``(N, 24, 3)`` come nearest to."""
    head = smpl[:, _SKULL] + _HEAD * (smpl[:, _SKULL] - smpl[:, _NECK])
    return np.insert(smpl[:, list(_SMPL.values())], _HEAD_COLUMN, head, axis=1)


def _camera(intrinsics: Array, path: Path) -> Camera:
    focal, principal = intrinsics[[0, 1], [0, 1]], intrinsics[:2, 2]
    if not (focal.min() > 0 and principal.min() > 0):
        raise InputError("'cam_intrinsics' are those of no camera", path, "get the file again.")
    # The images lie about the principal point, 1920 x 1080 or 1080 x 1920 pixels.
    return calibrated_camera(focal, principal, np.round(2 * principal), np.eye(3), np.zeros(3))


def _numbers(value: Any, shape: tuple[int | None, ...], name: str, path: Path) -> Array:
    array = np.asarray(value)
    fits = array.ndim == len(shape) and all(
        n in (None, m) for n, m in zip(shape, array.shape, strict=True)
    )
    if array.dtype.kind not in "biuf" or not fits or not array.size:
        expected = " x ".join("N" if n is None else str(n) for n in shape)
        what = f"'{name}' is {array.dtype} {array.shape}, expected {expected} numbers"
        raise InputError(what, path, "get the file again.")
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise InputError(f"'{name}' holds NaN or infinity", path, "get the file again.")
    return numbers
