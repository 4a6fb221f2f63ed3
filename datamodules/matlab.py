"""Reader of MATLAB files: numbers and cells of numbers, nothing else. Version 7.3 is HDF5."""

import numpy as np
from numpy.typing import NDArray

from lifting.containers.hdf5_files import read as read_dataset
from lifting.containers.matlab_files import load_mat
from lifting.errors import InputError

__all__ = ["Array", "load_mat", "numbers", "read_dataset"]

Array = NDArray[np.float64]


def numbers(content: object, where: str) -> Array:
    """Return an array of numbers in float64.

    Raises:
        InputError: If it is none; it names ``where``.
    """
    array = np.asarray(content)
    if array.dtype.kind not in "biuf" or not array.size:
        raise InputError("no array of numbers", where, "get the file from its owners again.")
    return array.astype(np.float64)
