"""Reader of MATLAB files: numbers and cells of numbers, nothing else.

Version 5 is parsed by SciPy, which neither unpickles nor runs anything: what is not a number comes out
as an array of objects and is refused here. Version 7.3 is HDF5.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

from datamodules.safe_load import existing_file
from lifting.errors import InputError

Array = NDArray[np.float64]


def load_mat(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Read the named variables of a ``.mat`` file up to version 7.

    Raises:
        InputError: If the file is missing, damaged, of version 7.3, or lacks a variable.
    """
    path = existing_file(path)
    try:
        content = loadmat(path, appendmat=False, variable_names=list(names))
    except NotImplementedError as error:
        raise InputError("of MATLAB's version 7.3, not 5", path, "get the file again.") from error
    except Exception as cause:  # There is hardly an error that a damaged file cannot cause.
        raise InputError("damaged or not a .mat file", path, "get the file again.") from cause
    for name in names:
        if name not in content:
            raise InputError(f"no '{name}' in it", path, "get the file from its owners again.")
    return content


def read_dataset(file: h5py.File, name: str) -> object:
    """Return the content of a variable of a ``.mat`` file of version 7.3.

    Raises:
        InputError: If there is no such variable, or it cannot be read.
    """
    if not isinstance(file.get(name), h5py.Dataset):
        raise InputError(f"no '{name}' in it", file.filename, "get the file from its owners again.")
    try:
        return file[name][()]
    except (OSError, TypeError, ValueError) as error:
        raise InputError(f"'{name}' is damaged", file.filename, "get the file again.") from error


def numbers(content: object, where: str) -> Array:
    """Return an array of numbers in float64.

    Raises:
        InputError: If it is none; it names ``where``.
    """
    array = np.asarray(content)
    if array.dtype.kind not in "biuf" or not array.size:
        raise InputError("no array of numbers", where, "get the file from its owners again.")
    return array.astype(np.float64)
