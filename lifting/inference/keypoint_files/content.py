"""Content of a keypoint file or folder, opened once, by which its format is recognised."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py

from lifting.containers.arrays import load_npy, load_npz
from lifting.containers.hdf5_files import HDF5_ERRORS, open_hdf5
from lifting.containers.json_files import load_json
from lifting.containers.paths import existing_file
from lifting.errors import InputError
from lifting.inference.media_kinds import lifted_by

ARRAYS, JSON, TEXT, HDF5, FOLDER = "arrays", "json", "text", "hdf5", "folder"

_BY_SUFFIX = {".npz": ARRAYS, ".npy": ARRAYS, ".h5": HDF5, ".hdf5": HDF5, ".json": JSON}
_BY_START = {b"PK": ARRAYS, b"\x93NUMPY": ARRAYS, b"\x89HDF": HDF5, b"[": JSON, b"{": JSON}
_SAVE = "save its keypoints as an .npz (docs/predict.md)."


@dataclass(frozen=True)
class Content:
    """The content of a file or a folder.

    Attributes:
        path: The file or folder.
        container: What holds it: one of the constants of this module.
        data: By container, arrays by name, decoded JSON, text, names at the root of an HDF5 file, or
            the files in a folder by name.
    """

    path: Path
    container: str
    data: Any


def open_content(path: Path) -> Content:
    """Return the content of a file or a folder.

    Raises:
        InputError: If it is not there, damaged, or of a kind that holds no keypoints.
    """
    if path.is_dir():
        return Content(path, FOLDER, sorted(entry for entry in path.iterdir() if entry.is_file()))
    container = container_of(existing_file(path))
    if container == ARRAYS:
        is_npy = path.suffix.lower() == ".npy"
        return Content(path, ARRAYS, {"keypoints": load_npy(path)} if is_npy else load_npz(path))
    if container == HDF5:
        with open_hdf5(path) as file:
            return Content(path, HDF5, _names(file, path))
    return Content(path, container, load_json(path) if container == JSON else _text(path))


def container_of(path: Path) -> str:
    """Return what holds the content of a file: by its suffix, or else by how it begins.

    Raises:
        InputError: If it is a video, a picture or a pickle.
    """
    suffix = path.suffix.lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if (command := lifted_by(path)) is not None:
        raise InputError("is no file of keypoints", path, command)
    with path.open("rb") as stream:
        start = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    if suffix in (".pkl", ".pickle") or start.startswith(b"\x80"):
        raise InputError("is a pickle, of which nothing tells what it holds", path, _SAVE)
    for begins, container in _BY_START.items():
        if start.startswith(begins):
            if begins == b"PK":
                raise InputError("is a zip archive, or a spreadsheet", path, _SAVE)
            return container
    return TEXT


def _names(file: h5py.File, path: Path) -> frozenset[str]:
    try:
        return frozenset(file)
    except HDF5_ERRORS as error:
        raise InputError("damaged or not an HDF5 file", path, "get the file again.") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        what = "is neither text, JSON, arrays nor HDF5"
        raise InputError(what, path, "give a file of keypoints (docs/predict.md).") from error
