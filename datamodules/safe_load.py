"""Loading of untrusted files without running code from them.

The field publishes poses as pickled dictionaries of arrays. Unpickling freely executes whatever the
file asks for; here only the handful of callables an array needs is known, each replaced by one that
checks its arguments, and anything else is refused.
"""

import io
import json
import math
import os
import pickle
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from lifting import files
from lifting.errors import InputError

# Letter and size, as numpy pickles them: truth values, numbers, text and objects.
_PLAIN_DTYPE = re.compile(r"[biufcSUO]\d+")


class _Dtype:
    """Stands in for a dtype while unpickling.

    numpy trusts a pickled dtype, even one that declares the bytes of an array to be pointers.
    """

    def __init__(self, name: str, *_: object) -> None:
        if not _PLAIN_DTYPE.fullmatch(name):
            raise ValueError(name)
        self.dtype = np.dtype(name)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, order, subarray, names, fields, *_ = state
        if (subarray, names, fields) != (None, None, None):
            raise ValueError(state)
        self.dtype = self.dtype.newbyteorder(order)


class _Array(np.ndarray):
    """An array whose pickled state is checked first: numpy reads past the end of a short list."""

    def __setstate__(self, state: Any) -> None:
        version, shape, dtype, fortran, data = state
        if isinstance(dtype, _Dtype):
            dtype = dtype.dtype
        if dtype.hasobject and (not isinstance(data, list) or len(data) != math.prod(shape)):
            raise ValueError(shape)
        super().__setstate__((version, shape, dtype, fortran, data))


def _reconstruct(*_: object) -> _Array:
    return _Array((0,), np.int8)


def _from_buffer(
    data: bytes | bytearray, dtype: _Dtype, shape: Any, order: Any, axes: Any = None
) -> NDArray[Any]:
    array = np.frombuffer(bytearray(data), dtype.dtype)
    if axes is not None:
        return array.reshape(shape).transpose(axes)
    return array.reshape(shape, order=order)


def _scalar(dtype: _Dtype, data: bytes | str) -> Any:
    return np.frombuffer(_bytes(data), dtype.dtype)[0]


def _bytes(text: bytes | str = b"", *_: object) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin1")


# The callables that a pickle may name, and their replacements: nothing of numpy's own, because its
# constructors trust their arguments and a crafted state makes them read and write where it likes.
_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): None,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _bytes,
    ("__builtin__", "bytes"): _bytes,
    ("collections", "OrderedDict"): dict,
}
for _core in ("numpy.core", "numpy._core"):
    _STAND_INS[f"{_core}.multiarray", "_reconstruct"] = _reconstruct
    _STAND_INS[f"{_core}.multiarray", "scalar"] = _scalar
    _STAND_INS[f"{_core}.numeric", "_frombuffer"] = _from_buffer


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _STAND_INS:
            raise InputError(f"it asks to run '{module}.{name}'")
        return _STAND_INS[module, name]


def existing_file(path: str | Path) -> Path:
    """Return the path if it names a file.

    Raises:
        InputError: If it does not, or the file may not be read.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError("is a folder", path, "name a file.")
    if not path.is_file():
        raise InputError("there is no such file", path, "check the path.")
    if not os.access(path, os.R_OK):
        raise InputError("may not be read", path, "check its permissions.")
    return path


def existing_folder(path: Path) -> Path:
    """Return the path if it names a folder.

    Raises:
        InputError: If it does not.
    """
    if not path.is_dir():
        raise InputError("there is no such folder", path, "check the path.")
    return path


def load_pickle(path: str | Path) -> Any:
    """Unpickle a file that holds nothing but containers, numbers, strings and arrays.

    Raises:
        InputError: If the file is missing, damaged or asks for anything else.
    """
    path = existing_file(path)
    with path.open("rb") as stream:
        return _unpickle(stream.read(), path)


def _unpickle(data: bytes, path: Path) -> Any:
    try:
        # Python 2 wrote many of the field's files.
        return _ArrayUnpickler(io.BytesIO(data), encoding="latin1").load()
    except InputError as error:
        raise InputError(
            f"refused, because {error}", path, "get the file from its owners again."
        ) from error
    except Exception as cause:  # There is hardly an error that a damaged pickle cannot cause.
        raise InputError("damaged or not a pickle", path, "get the file again.") from cause


def load_npz(path: str | Path) -> dict[str, Any]:
    """Read every entry of an ``.npz``, pickled ones included, without running code.

    Raises:
        InputError: If the file is missing, damaged, no ``.npz``, or asks to run something.
    """
    path = existing_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return {
                name.removesuffix(".npy"): _read_npy(archive.read(name), path)
                for name in archive.namelist()
            }
    except InputError:
        raise
    except (
        Exception
    ) as error:  # Damaged archives and headers fail in as many ways as damaged pickles.
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
    if not dtype.hasobject:
        stream.seek(0)
        return npy.read_array(stream, allow_pickle=False)
    array = np.asarray(_unpickle(stream.read(), path), dtype=object).reshape(shape)
    return array.item() if array.ndim == 0 else array


def load_json(path: str | Path) -> Any:
    """Read a JSON file in UTF-8.

    Raises:
        InputError: If the file is missing or damaged.
    """
    path = existing_file(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            "damaged or not a JSON file", path, "repair it or get it again."
        ) from error


def open_hdf5(path: str | Path) -> h5py.File:
    """Open an HDF5 file for reading.

    Raises:
        InputError: If the file is missing, damaged or not HDF5.
    """
    path = existing_file(path)
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputError("damaged or not an HDF5 file", path, "make or get it again.") from error


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return files.sha256(existing_file(path))


def walk_items(tree: Any, path: Path, depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield (keys, leaf) of a dictionary nested ``depth`` levels deep, keys sorted as text.

    Raises:
        InputError: If the nesting is another.
    """
    if depth == 0:
        yield (), tree
        return
    if not isinstance(tree, dict) or not tree:
        what = "expected a dictionary of subjects and their sequences"
        raise InputError(what, path, "is it VideoPose3D's file?")
    for key in sorted(tree, key=str):
        for keys, leaf in walk_items(tree[key], path, depth - 1):
            yield (str(key), *keys), leaf
