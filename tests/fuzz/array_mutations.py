"""Seeded mutations of arrays, and of what HDF5 files hold."""

import io
import random
from typing import Any

import h5py
import numpy as np


def npy_bytes(array: Any) -> bytes:
    """Return an array as an ``.npy``, pickled where it must be."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def draw_array(draws: random.Random) -> Any:
    """Return an array of any kind and shape."""
    shape = tuple(draws.choice((0, 1, 2, 3, 17, 33)) for _ in range(draws.randrange(5)))
    kind = draws.choice(("f8", "f4", "f2", "i8", "u1", "?", "U3", "S2", "c8", "O", "M8[s]"))
    array = np.zeros(shape, kind)
    if kind[0] in "fc" and draws.random() < 0.5:
        array[...] = draws.choice((np.nan, np.inf, 6e4, -5))
    return array


def mutate_hdf5(data: bytes, draws: random.Random) -> bytes | None:
    """Return an HDF5 file with something else in one place, or None where it is none."""
    stream, names = io.BytesIO(data), ["/"]
    try:
        with h5py.File(stream, "r+") as file:
            file.visit(names.append)
            name = draws.choice(names)
            attrs = list(file[name].attrs)
            if attrs and draws.random() < 0.5:
                file[name].attrs[draws.choice(attrs)] = draws.choice(("x", 1, [1.0, 2], [], np.nan))
            elif name != "/":
                del file[name]
                _put(file, name, draws)
    except Exception:
        return None
    return stream.getvalue()


def _put(file: h5py.File, name: str, draws: random.Random) -> None:
    kind = draws.randrange(7)
    if kind == 0:
        file[name] = h5py.ExternalLink(draws.choice(("other.h5", "/dev/zero")), "x")
    elif kind == 1:
        file[name] = h5py.SoftLink(draws.choice(("/", "/nowhere", "/" + name)))
    elif kind == 2:
        shape = draws.choice(((1 << 30,), (6, 1 << 28, 3), (1 << 14, 1 << 14, 3)))
        file.create_dataset(name, shape, "f8", chunks=True, compression="gzip")
    elif kind == 3:
        file.create_dataset(name, (1 << 27, 4), "f8", chunks=(1 << 26, 4))
    elif kind == 4:
        file.create_group(name)
    elif kind == 5:
        file[name] = np.array(["a", "b"], h5py.string_dtype())
    else:
        file[name] = draw_array(draws)
