"""Reader of MPI-INF-3DHP as mmpose prepares it: one row per image.

``*3dhp*.npz`` holds ``imgname``, ``part`` (N, 17, 3: pixels and whether they are in the image) and ``S``
(N, 17, 4: camera frame, metres); ``cameras_train.pkl`` and ``cameras_test.pkl`` lie beside it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from datamodules.matlab import Array, numbers
from datamodules.mpi_inf_3dhp.cameras import sequence_camera, studio_camera
from datamodules.mpi_inf_3dhp.raw import (
    TEST_FPS,
    TEST_JOINTS,
    RawClip,
    files_of,
    from_test_order,
    train_names,
)
from datamodules.safe_load import load_npz, load_pickle
from datamodules.store.clips import ClipKey
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.skeletons import skeleton

NPZ_FILES = ("*3dhp*.npz",)
CAMERA_FILES = ("cameras_*.pkl",)

_TRAIN_IMAGE = re.compile(r"(S\d)_(Seq\d)_Cam(\d+)_(\d+)\.\w+")
_TEST_IMAGE = re.compile(r"(TS\d)_(\d+)\.\w+")


def read_cameras(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the entries of every camera file of a folder, by name.

    Raises:
        InputError: If there is none, or one is not as mmpose writes it.
    """
    cameras: dict[str, dict[str, Any]] = {}
    for file in files_of(folder, CAMERA_FILES):
        content = load_pickle(file)
        if not isinstance(content, dict) or not all(isinstance(c, dict) for c in content.values()):
            raise InputError("no dictionary of cameras", file, "get mmpose's file again.")
        cameras |= {str(name): camera for name, camera in content.items()}
    if not cameras:
        what = "no cameras_train.pkl or cameras_test.pkl in it"
        raise InputError(what, folder, "put them beside the .npz file.")
    return cameras


def read_rows(file: Path, cameras: tuple[int, ...]) -> Iterator[RawClip]:
    """Yield one clip per sequence and wanted camera of an ``.npz`` file, beside which are the cameras.

    Raises:
        InputError: If a file is missing or not as mmpose writes it.
    """
    content = load_npz(file)
    for entry in ("imgname", "part", "S"):
        if entry not in content:
            raise InputError(
                f"no '{entry}' in it, only {', '.join(content)}", file, "mmpose's file is needed."
            )
    names = [str(name) for name in np.asarray(content["imgname"]).ravel()]
    part = _array(content["part"], len(names), 3, f"{file}: 'part'")
    pose = _array(content["S"], len(names), 4, f"{file}: 'S'")
    calibration = read_cameras(file.parent)
    rows: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    for row, name in enumerate(names):
        match = _TRAIN_IMAGE.fullmatch(name) or _TEST_IMAGE.fullmatch(name)
        if match is None:
            what = f"'{name}' is not as S1_Seq1_Cam0_000001.jpg or TS1_000001.jpg"
            raise InputError(what, file, "mmpose's file is needed.")
        groups = match.groups()
        # Images count from 1, frames from 0.
        rows.setdefault(groups[:-1], []).append((int(groups[-1]) - 1, row))
    for key, images in sorted(rows.items()):
        if len(key) == 3 and int(key[2]) not in cameras:
            continue
        clip_key, camera = _names(key, len(images), calibration, file)
        frames, take = np.array(sorted(images), np.int64).T
        if (np.diff(frames) == 0).any() or frames[0] < 0:
            what = f"an image of {' '.join(key)} is there twice or numbered 0"
            raise InputError(what, file, "get mmpose's file again.")
        yield RawClip(
            clip_key,
            camera,
            from_test_order(part[take, :, :2]),
            from_test_order(1000 * pose[take, :, :3]),
            frames,
            np.ones(len(frames), bool),
        )


def _array(content: object, rows: int, size: int, where: str) -> Array:
    array = numbers(content, where)
    expected = (rows, len(skeleton(TEST_JOINTS)), size)
    if array.shape != expected:
        what = f"is {array.shape}, expected {expected}"
        raise InputError(what, where, "mmpose's file is needed.")
    return array


def _names(
    key: tuple[str, ...], frames: int, calibration: dict[str, dict[str, Any]], file: Path
) -> tuple[ClipKey, Camera]:
    name = key[0] if len(key) == 1 else f"{key[0]}_{key[1]}_Cam{key[2]}"
    where = f"{file.parent}: camera '{name}'"
    if name not in calibration:
        raise InputError(f"{where} is not in cameras_*.pkl", remedy="get mmpose's file again.")
    needed = ("f", "c") if len(key) == 1 else ("f", "c", "R", "T")
    if missing := set(needed) - set(calibration[name]):
        raise InputError(f"{where} has no '{min(missing)}'", remedy="get mmpose's file again.")
    values = {n: numbers(calibration[name][n], f"{where}: '{n}'") for n in needed}
    focal, principal = values["f"].ravel(), values["c"].ravel()
    if len(key) == 1:
        if focal.shape != (2,) or principal.shape != (2,):
            raise InputError("'f' and 'c' are not two numbers", where, "get mmpose's file again.")
        # The activities are not in mmpose's file.
        clip_key = ClipKey(key[0], key[0], key[0], "cam0", TEST_FPS, frames)
        return clip_key, sequence_camera(key[0], focal, principal)
    subject, sequence, camera = key
    _, fps = train_names(subject, sequence, file)
    clip_key = ClipKey(subject, sequence, sequence, f"cam{int(camera)}", fps, frames)
    translation = 1000 * values["T"].ravel()
    return clip_key, studio_camera(focal, principal, values["R"], translation, where)
