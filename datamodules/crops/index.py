"""The index file of images: writing and reading (format in :mod:`datamodules.crops.records`)."""

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from torch import Tensor

from datamodules.crops.records import NAMES, ImageRecords, IndexInfo
from datamodules.store.hdf5_file import Hdf5File
from lifting.cameras import Camera, nominal_camera
from lifting.containers.damage import taking_apart
from lifting.containers.hdf5_files import attribute, open_hdf5, read, read_texts
from lifting.containers.json_files import parse_json
from lifting.errors import InputError
from lifting.files import beside
from lifting.skeletons import skeleton

FORMAT = "image-records"
FORMAT_VERSION = 1

_TEXT = h5py.string_dtype()


def write_index(path: Path, records: ImageRecords) -> None:
    """Write an index, whole or not at all.

    Raises:
        InputError: If nothing can be written at the path.
        OSError: If the disk is full.
    """
    with beside(path, make_folder=True) as partial:
        hdf5_file = Hdf5File(partial)
        with h5py.File(hdf5_file, "w") as file:
            _fill(file, records, path)
        hdf5_file.close()
        hdf5_file.check(path)


def _fill(file: h5py.File, records: ImageRecords, path: Path) -> None:
    info = records.info
    file.attrs.update(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "skeleton": info.skeleton,
            "origin": info.origin,
            "licence": info.licence,
            "inputs": json.dumps(info.inputs),
            # Relative, so that images and index can be moved together.
            "images": os.path.relpath(records.folder.resolve(), path.parent.resolve()),
        }
    )
    file.create_dataset("paths", data=np.array(records.paths, object), dtype=_TEXT)
    for name, column in records.columns.items():
        file.create_dataset(name, data=column.numpy(), compression="gzip", compression_opts=1)
    for name, known in records.names.items():
        file.create_dataset(f"names/{name}", data=np.array(known, object), dtype=_TEXT)
    for f in fields(Camera):
        file[f"cameras/{f.name}"] = getattr(records.cameras, f.name).double().numpy()


def read_index(path: str | Path) -> ImageRecords:
    """Read an index.

    Raises:
        InputError: If the file is missing, damaged, of another kind or another version.
    """
    path = Path(path)
    with open_hdf5(path) as file:
        if str(attribute(file, "format")) != FORMAT:
            what = "an HDF5 file, but no index of images"
            raise InputError(what, path, "make one with `lifting prepare images`.")
        version = attribute(file, "format_version")
        if not np.array_equal(version, FORMAT_VERSION):
            raise InputError(
                f"of format version {version}, not {FORMAT_VERSION}", path, "prepare it again."
            )
        with taking_apart(path, "damaged or incomplete", "prepare it again."):
            records = _records(file, path)
            if not _is_consistent(records):
                raise InputError("its columns do not belong together", path, "prepare it again.")
    return records


def _records(file: h5py.File, path: Path) -> ImageRecords:
    attrs = file.attrs
    info = IndexInfo(
        skeleton=str(attrs["skeleton"]),
        origin=str(attrs["origin"]),
        licence=str(attrs["licence"]),
        inputs=dict(parse_json(attrs["inputs"], path)),
    )
    columns = {name: torch.from_numpy(read(file, name)) for name in _KINDS}
    names: dict[str, Any] = {name: read_texts(file, f"names/{name}") for name in NAMES}
    cameras = {f.name: torch.from_numpy(read(file, f"cameras/{f.name}")) for f in fields(Camera)}
    return ImageRecords(
        info,
        path.parent / str(attrs["images"]),
        read_texts(file, "paths"),
        columns,
        names,
        Camera(**cameras),
    )


# One camera, for the shapes of what is known of each.
_CAMERA = nominal_camera(1.0, 1.0)

# Type of each column, and the shape of a row in it; K stands for the number of joints.
_KINDS: dict[str, tuple[torch.dtype, tuple[int | str, ...]]] = {
    "size": (torch.float32, (2,)),
    "box": (torch.float32, (4,)),
    "keypoints": (torch.float32, ("K", 2)),
    "visibility": (torch.uint8, ("K",)),
    "pose": (torch.float32, ("K", 3)),
    "frame": (torch.int64, ()),
    "camera": (torch.int64, ()),
    **{name: (torch.int64, ()) for name in NAMES},
}


def _is_consistent(records: ImageRecords) -> bool:
    joints, cameras = len(skeleton(records.info.skeleton)), len(records.cameras.focal)

    def fits(name: str, column: Tensor) -> bool:
        kind, shape = _KINDS[name]
        row = tuple(joints if n == "K" else n for n in shape)
        return column.dtype == kind and column.shape == (len(records), *row)

    def within(name: str, low: int, count: int) -> bool:
        column = records.columns[name]
        return bool((column >= low).all() and (column < count).all())

    return (
        len(records) > 0
        and all(fits(name, column) for name, column in records.columns.items())
        and within("camera", -1, cameras)
        and all(within(name, 0, len(records.names[name])) for name in NAMES)
        and all(
            getattr(records.cameras, f.name).shape == (cameras, *getattr(_CAMERA, f.name).shape)
            for f in fields(Camera)
        )
    )
