"""Arrays of ``.npz`` and ``.npy`` files, pickled ones included."""

import io
import math
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from lifting.containers.limits import check_unpacked
from lifting.containers.paths import existing_file
from lifting.containers.pickles import check_shape, check_texts, unpickle
from lifting.errors import InputError


def load_npz(path: str | Path, names: Collection[str] | None = None) -> dict[str, Any]:
    """Read entries of an ``.npz``, pickled ones included, without running code.

    Args:
        path: The file.
        names: Which entries to read, as far as they are there; all of them where not given.

    Raises:
        InputError: If the file is missing, damaged, no ``.npz``, unpacks to too much, or asks to run
            something.
    """
    path = existing_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            if names is not None:
                entries = {name: info for name, info in entries.items() if name in names}
            check_unpacked(sum(info.file_size for info in entries.values()), path)
            return {name: _read_npy(archive.read(info), path) for name, info in entries.items()}
    except InputError:
        raise
    except (
        Exception
    ) as error:  # Damaged archives and headers fail in as many ways as damaged pickles.
        raise InputError("damaged or not an .npz file", path, "get the file again.") from error


def npz_names(path: str | Path) -> list[str]:
    """Return the names of the entries of an ``.npz``, of which none is read.

    Raises:
        InputError: If the file is missing, or no archive.
    """
    path = existing_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except Exception as error:  # As above.
        raise InputError("damaged or not an .npz file", path, "get the file again.") from error


def load_npy(path: str | Path) -> Any:
    """Read an ``.npy``, a pickled one included, without running code.

    Raises:
        InputError: If the file is missing, damaged, no ``.npy``, or asks to run something.
    """
    path = existing_file(path)
    try:
        return _read_npy(path.read_bytes(), path)
    except InputError:
        raise
    except Exception as error:  # Damaged headers fail in as many ways as damaged pickles.
        raise InputError("damaged or not an .npy file", path, "get the file again.") from error


def _read_npy(data: bytes, path: Path) -> Any:
    stream = io.BytesIO(data)
    version = npy.read_magic(stream)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(stream)
    there = len(data) - stream.tell()
    check_shape(shape, dtype, there)
    if not dtype.hasobject:
        # numpy makes room for all that the header says before it reads.
        if math.prod(shape) * dtype.itemsize > there:
            raise ValueError(shape)
        stream.seek(0)
        array = npy.read_array(stream, allow_pickle=False)
        check_texts(array)
        return array
    objects = np.asarray(unpickle(stream.read(), path), dtype=object).reshape(shape)
    return objects.item() if objects.ndim == 0 else objects
