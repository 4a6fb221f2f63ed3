"""Statistics that belong to published weights but lie in another file, or in none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError

Arrays: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Statistics:
    """The two ways between the arrays of a family and the buffers of its method.

    Attributes:
        to_buffers: Buffers by name, of the options of a method and arrays by name.
        to_arrays: Arrays by name, of the state of a method.
        inside: Whether the files hold them, ``a.b`` under ``b`` of ``a``; others may be given.
    """

    to_buffers: Callable[[Mapping[str, Any], Arrays], dict[str, Tensor]]
    to_arrays: Callable[[Mapping[str, NDArray[Any]]], dict[str, NDArray[Any]]]
    inside: bool = False


def checked_array(arrays: Arrays, name: str, *shapes: tuple[int, ...]) -> NDArray[np.float64]:
    """Return one of the arrays in the first of the shapes that it has the length of.

    Raises:
        InputError: If it is missing, no finite numbers or of another length.
    """
    if name not in arrays:
        there = ", ".join(map(str, arrays)) or "nothing"
        what = f"needs {name}, which published weights do not hold"
        remedy = f"give --statistics an .npz file with it (docs/weights.md), this has {there}."
        raise InputError(what, remedy=remedy)
    try:
        values = np.asarray(arrays[name], dtype=np.float64)
    except DATA_ERRORS as error:
        raise InputError(f"{name} holds no numbers", "--statistics", "check the file.") from error
    if not np.isfinite(values).all():
        raise InputError(f"{name} is not finite everywhere", "--statistics", "check the file.")
    for shape in shapes:
        if values.size == int(np.prod(shape)):
            return values.reshape(shape)
    what = f"{name} has the shape {values.shape}, not {' or '.join(map(str, shapes[:2]))}"
    raise InputError(what, "--statistics", "give it for the joints of the file.")


def to_tensor(values: NDArray[np.float64]) -> Tensor:
    """Return an array as a tensor of float32."""
    return torch.from_numpy(np.array(values, dtype=np.float32))
