"""Unpickling without running code: containers, numbers, strings and arrays, nothing else.

The field publishes poses as pickled dictionaries of arrays. Unpickling freely executes whatever the
file asks for; here only the handful of callables an array needs is known, each replaced by one that
checks its arguments, and anything else is refused.
"""

import io
import math
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from lifting.containers.limits import check_values
from lifting.containers.paths import existing_file
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
        check_shape(shape, dtype, len(data))
        super().__setstate__((version, shape, dtype, fortran, data))
        check_texts(self)


def check_shape(shape: tuple[int, ...], dtype: np.dtype[Any], there: int) -> None:
    """Refuse shapes without bytes behind them, as of texts without letters.

    Args:
        shape: Of an array.
        dtype: Type of its values.
        there: Bytes, or objects, that the array is made of.

    Raises:
        ValueError: If there are more values, or more of them in a row, than bytes.
    """
    least = there if dtype.itemsize == 0 else max(there, 1 << 16)
    if any(not 0 <= side <= least for side in shape):
        raise ValueError(shape)


def check_texts(array: NDArray[Any]) -> None:
    """Refuse texts with numbers in them that are no letters.

    Raises:
        ValueError: If there is one.
    """
    if array.dtype.kind != "U" or not array.size:
        return
    numbers = np.frombuffer(
        array.tobytes(), np.dtype(np.uint32).newbyteorder(array.dtype.byteorder)
    )
    # The last number of a letter, and halves of letters.
    if (numbers > 0x10FFFF).any() or ((numbers >= 0xD800) & (numbers < 0xE000)).any():
        raise ValueError(array.dtype)


def array_of_state(
    state: tuple[Any, ...], dtype: tuple[Any, ...], dtype_state: tuple[Any, ...]
) -> NDArray[Any]:
    """Return an array from what a pickle says of it, checked as those of a whole pickle are.

    Args:
        state: What is set on the array, its dtype aside.
        dtype: Arguments of the dtype.
        dtype_state: What is set on it.

    Raises:
        Exception: Of whatever kind, if it is none of plain numbers or texts.
    """
    made, array = _Dtype(*dtype), _reconstruct()
    made.__setstate__(dtype_state)
    version, shape, _, fortran, data = state
    array.__setstate__((version, shape, made, fortran, data))
    return array.view(np.ndarray)


def _reconstruct(*_: object) -> _Array:
    return _Array((0,), np.int8)


def _from_buffer(
    data: bytes | bytearray, dtype: _Dtype, shape: Any, order: Any, axes: Any = None
) -> NDArray[Any]:
    if not isinstance(data, bytes | bytearray):
        raise TypeError(data)
    check_shape(tuple(shape), dtype.dtype, len(data))
    array = np.frombuffer(bytearray(data), dtype.dtype)
    check_texts(array)
    if axes is not None:
        return array.reshape(shape).transpose(axes)
    return array.reshape(shape, order=order)


def _scalar(dtype: _Dtype, data: bytes | str) -> Any:
    array = np.frombuffer(_bytes(data), dtype.dtype)
    check_texts(array)
    return array[0]


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


class _Stream(io.BytesIO):
    """Bytes that end with an error, and not with less than was asked for."""

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        if size is not None and len(data) < size:
            raise EOFError
        return data

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n"):
            raise EOFError
        return line


# The one that is written in Python: that in C makes room for four thousand million objects when a
# pickle gives one of them that number.
class _ArrayUnpickler(pickle._Unpickler):
    stack: list[Any]
    read: Callable[[int], bytes]
    append: Callable[[Any], None]

    def __init__(self, data: bytes) -> None:
        # Python 2 wrote many of the field's files.
        super().__init__(_Stream(data), encoding="latin1")

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _STAND_INS:
            raise InputError(f"it asks to run '{module}.{name}'")
        return _STAND_INS[module, name]

    def load_build(self) -> None:
        state = self.stack.pop()
        # Of anything else it would set attributes, those of the functions above among them.
        if not isinstance(self.stack[-1], _Dtype | _Array):
            raise TypeError(self.stack[-1])
        self.stack[-1].__setstate__(state)

    def load_bytearray8(self) -> None:
        data = self.read(int.from_bytes(self.read(8), "little"))
        self.append(bytearray(data))

    dispatch: ClassVar[dict[int, Callable[..., None]]] = {
        **pickle._Unpickler.dispatch,
        pickle.BUILD[0]: load_build,
        pickle.BYTEARRAY8[0]: load_bytearray8,
    }


def load_pickle(path: str | Path) -> Any:
    """Unpickle a file that holds nothing but containers, numbers, strings and arrays.

    Raises:
        InputError: If the file is missing, damaged or asks for anything else.
    """
    path = existing_file(path)
    return unpickle(path.read_bytes(), path)


def unpickle(data: bytes, path: Path) -> Any:
    """Unpickle bytes of a file, as :func:`load_pickle` does.

    Raises:
        InputError: If they are damaged or ask for anything else.
    """
    try:
        content = _ArrayUnpickler(data).load()
    except InputError as error:
        raise InputError(
            f"refused, because {error}", path, "get the file from its owners again."
        ) from error
    except Exception as cause:  # There is hardly an error that a damaged pickle cannot cause.
        raise InputError("damaged or not a pickle", path, "get the file again.") from cause
    check_values(content, path)
    return content
