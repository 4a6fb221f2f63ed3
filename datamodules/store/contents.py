"""Contents of a clip store: its clips with the names of their arrays, and its cameras."""

from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from datamodules.store.description import ClipKey
from lifting.cameras import Camera, nominal_camera
from lifting.containers.damage import taking_apart
from lifting.containers.hdf5_files import attribute, has, open_hdf5
from lifting.containers.limits import check_unpacked
from lifting.errors import InputError

# For the shapes of what is known of a camera.
_CAMERA = nominal_camera(1.0, 1.0)


@lru_cache(maxsize=8)
def contents_of(path: Path, *_version: int) -> dict[ClipKey, tuple[str, ...]]:
    """Return the clips of a store with the names of their arrays.

    A process visits a file once, until its version changes: device, inode, size and time.
    """
    arrays: dict[str, list[str]] = {}

    def note(name: str) -> None:
        *place, rest = name.split("/", 3)
        if len(place) == 2:
            arrays[name] = []
        elif len(place) == 3 and rest != "keypoints":
            arrays["/".join(place)].append(rest)

    contents, total = {}, 0
    with open_hdf5(path) as file:
        if not has(file, "clips"):
            raise InputError("damaged or incomplete", path, "prepare it again.")
        # It visits what lies in this file alone.
        file["clips"].visit(note)
        for name, names in arrays.items():
            clip = h5py.h5g.open(file["clips"].id, name.encode())
            source = next(name for name in names if name.startswith("keypoints/"))
            frames = h5py.h5d.open(clip, source.encode()).shape[0]
            total += frames * len(names)
            subject, sequence, camera = name.split("/")
            action, fps = _attribute(clip, "action").decode(), float(_attribute(clip, "fps"))
            contents[ClipKey(subject, sequence, action, camera, fps, frames)] = tuple(names)
    # Arrays may lie in the same place of the file, and each is read. A joint takes three floats.
    check_unpacked(12 * total, path)
    return contents


# By functions of HDF5: the groups, datasets and attributes of h5py take up to three times as long.
def _attribute(group: h5py.h5g.GroupID, name: str) -> Any:
    attribute = h5py.h5a.open(group, name.encode())
    if attribute.shape:
        raise InputError(f"its attribute '{name}' is no single value", remedy="prepare it again.")
    value = np.empty(attribute.shape, attribute.dtype)
    attribute.read(value)
    return value[()]


def camera_of(group: h5py.Group, path: Path) -> Camera:
    """Return the camera of a group.

    Raises:
        InputError: If a parameter is missing, or no numbers.
    """
    with taking_apart(path, "a camera is damaged", "prepare it again."):
        values = {
            f.name: torch.from_numpy(np.asarray(attribute(group, f.name), np.float64))
            for f in fields(Camera)
        }
        if any(x.shape != getattr(_CAMERA, name).shape for name, x in values.items()):
            raise InputError("a camera is damaged", path, "prepare it again.")
        return Camera(**values)
