"""HDF5: datasets by name, of numbers or texts, as large as the file can hold them.

An HDF5 file can point to other files, declare any shape without a value behind it, and pack zeros a
thousandfold. None of the formats read here does.
"""

import errno
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from lifting.containers.limits import check_unpacked
from lifting.containers.paths import existing_file
from lifting.errors import InputError, UnavailableError

_AGAIN = "make or get it again."
# What HDF5 and h5py make of damaged files.
HDF5_ERRORS = (
    *(ArithmeticError, AttributeError, LookupError, MemoryError, OSError),
    *(RuntimeError, TypeError, ValueError),
)
# Texts that are read at a time, since none says how long it is.
_TEXTS = 1000
_ATTRIBUTE_BYTES = 1 << 20
# Of a lock that another program holds, and of file systems that have none.
_LOCKED = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.ENOLCK, errno.ENOSYS}


def open_hdf5(path: str | Path) -> h5py.File:
    """Open an HDF5 file for reading.

    Raises:
        InputError: If the file is missing, damaged or not HDF5.
        UnavailableError: If it is locked, or the system cannot read it.
    """
    path = existing_file(path)
    try:
        return h5py.File(path, "r")
    except OSError as error:
        if error.errno is None:
            raise InputError("damaged or not an HDF5 file", path, _AGAIN) from error
        raise _unavailable(path, error.errno) from error
    except HDF5_ERRORS as error:
        raise InputError("damaged or not an HDF5 file", path, _AGAIN) from error


def _unavailable(path: Path, number: int) -> UnavailableError:
    if number not in _LOCKED:
        return UnavailableError(f"cannot be read ({os.strerror(number)})", path, "try it again.")
    what = "is locked by another program, or lies where files cannot be locked"
    return UnavailableError(what, path, "try again later, or set HDF5_USE_FILE_LOCKING=FALSE.")


def has(file: h5py.File, name: str) -> bool:
    """Return whether a file has a group or a dataset in itself, and not by a link to another file."""
    group: Any = file
    try:
        for part in name.strip("/").split("/"):
            if not isinstance(group, h5py.Group) or part not in group:
                return False
            if not isinstance(group.get(part, getlink=True), h5py.HardLink):
                return False
            group = group[part]
    except HDF5_ERRORS:
        return False
    return True


def read(
    file: h5py.File,
    name: str,
    kinds: str = "biuf",
    max_shape: Sequence[int | None] | None = None,
) -> NDArray[Any]:
    """Return the numbers of a dataset.

    Args:
        file: The file.
        name: Path of the dataset in it.
        kinds: Kinds of numbers, by numpy's letters.
        max_shape: The largest number of values along each axis, None for any; any shape where not given.

    Raises:
        InputError: If there is no such dataset, it lies in another file, is of another kind or shape, is
            larger than the file can hold, or is damaged.
    """
    path = Path(file.filename)
    if not has(file, name):
        raise InputError(f"no '{name}' in it", path, "get the file from its owners again.")
    try:
        return read_id(h5py.h5d.open(file.id, name.encode()), path, name, kinds, max_shape)
    except (KeyError, TypeError) as error:  # A group, or a name that leads nowhere.
        raise InputError(
            f"no '{name}' in it", path, "get the file from its owners again."
        ) from error


def read_id(
    data: h5py.h5d.DatasetID,
    path: Path,
    name: str,
    kinds: str = "biuf",
    max_shape: Sequence[int | None] | None = None,
) -> NDArray[Any]:
    """Return the numbers of an open dataset, as :func:`read` does.

    Raises:
        InputError: As of :func:`read`.
    """
    try:
        shape, dtype = data.shape, data.dtype
        fits = max_shape is None or (
            len(shape) == len(max_shape)
            and all(most is None or n <= most for n, most in zip(shape, max_shape, strict=True))
        )
        if dtype.kind not in kinds or not fits:
            expected = "" if max_shape is None else f" {tuple(max_shape)}"
            what = f"'{name}' is {dtype} {shape}, where numbers{expected} are expected"
            raise InputError(what, path, _AGAIN)
        check_layout(data, path, name)
        values = np.empty(shape, dtype)
        data.read(h5py.h5s.ALL, h5py.h5s.ALL, values)
    except HDF5_ERRORS as error:
        raise InputError(f"'{name}' is damaged", path, "get the file again.") from error
    return values


def check_layout(data: h5py.h5d.DatasetID, path: Path, name: str) -> None:
    """Refuse a dataset that lies in other files, or that is larger than its file can hold.

    Raises:
        InputError: If so.
    """
    plan = data.get_create_plist()
    layout = plan.get_layout()
    if layout == h5py.h5d.VIRTUAL or plan.get_external_count():
        raise InputError(f"'{name}' lies in another file", path, "get one with all its data.")
    size = math.prod(data.shape) * data.dtype.itemsize
    if layout == h5py.h5d.CHUNKED:
        # HDF5 makes room for a whole chunk at a time.
        check_unpacked(math.prod(plan.get_chunk()) * data.dtype.itemsize, path)
        check_unpacked(size, path)
    elif size > data.get_storage_size():
        raise InputError(f"'{name}' is damaged", path, "get the file again.")


def read_texts(file: h5py.File, name: str) -> list[str]:
    """Return the texts of a dataset with one axis.

    Raises:
        InputError: If there is no such dataset, or it is damaged.
    """
    path = Path(file.filename)
    if not has(file, name) or not isinstance(file[name], h5py.Dataset):
        raise InputError(f"no '{name}' in it", path, _AGAIN)
    dataset, texts, size = file[name], [], 0
    try:
        check_layout(dataset.id, path, name)
        (count,) = dataset.shape
        for start in range(0, count, _TEXTS):
            texts += dataset.asstr()[start : start + _TEXTS].tolist()
            size += sum(map(len, texts[start:]))
            check_unpacked(size, path)
    except HDF5_ERRORS as error:
        raise InputError(f"'{name}' is damaged", path, _AGAIN) from error
    return texts


def attribute(item: h5py.File | h5py.Group | h5py.Dataset, name: str) -> Any:
    """Return an attribute of a file, a group or a dataset, or None where there is none.

    Raises:
        InputError: If it is damaged.
    """
    path = item.file.filename
    try:
        if name not in item.attrs:
            return None
        held = item.attrs.get_id(name)
        if math.prod(held.shape) * held.dtype.itemsize > _ATTRIBUTE_BYTES:
            raise ValueError(held.shape)
        return item.attrs[name]
    except HDF5_ERRORS as error:
        raise InputError(f"its attribute '{name}' is damaged", path, _AGAIN) from error
