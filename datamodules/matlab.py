"""Reading MATLAB's files: numbers and cells of numbers, nothing else.

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

from datamodules.untrusted import existing
from lifting.errors import InputError

Array = NDArray[np.float64]


def load_mat(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Read the named variables of a ``.mat`` file up to version 7.

    Raises:
        InputError: If the file is missing, damaged, of version 7.3, or lacks a variable.
    """
    path = existing(path)
    try:
        content = loadmat(path, appendmat=False, variable_names=list(names))
    except NotImplementedError:
        raise InputError(
            f"{path}: MATLAB's version 7.3, where version 5 is expected; get the file again."
        ) from None
    except Exception:  # There is hardly an error that a damaged file cannot cause.
        raise InputError(f"{path}: damaged or not a .mat file; get the file again.") from None
    for name in names:
        if name not in content:
            raise InputError(f"{path}: no '{name}' in it; get the file from its owners again.")
    return content


def read_dataset(file: h5py.File, name: str) -> object:
    """Return the content of a variable of a ``.mat`` file of version 7.3.

    Raises:
        InputError: If there is no such variable, or it cannot be read.
    """
    if not isinstance(file.get(name), h5py.Dataset):
        raise InputError(f"{file.filename}: no '{name}' in it; get the file from its owners again.")
    try:
        return file[name][()]
    except (OSError, TypeError, ValueError):
        raise InputError(f"{file.filename}: '{name}' is damaged; get the file again.") from None


def numbers(content: object, where: str) -> Array:
    """Return an array of numbers in float64.

    Raises:
        InputError: If it is none; it names ``where``.
    """
    array = np.asarray(content)
    if array.dtype.kind not in "biuf" or not array.size:
        raise InputError(f"{where} is no array of numbers; get the file from its owners again.")
    return array.astype(np.float64)
