"""Entries that stand beside keypoints in an ``.npz``: size of the images, frames per second, frames."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError


def numbers_of(content: object, where: object, name: str | None = None) -> NDArray[np.float64]:
    """Return what a file holds as an array of numbers.

    Args:
        content: An array, or what should be one.
        where: The file, for errors.
        name: Name of the entry in it, if it has one.

    Raises:
        InputError: If it is none.
    """
    try:
        array = np.asarray(content)
        if array.dtype.kind not in "biufO":
            raise TypeError(array.dtype)
        return array.astype(np.float64)
    except DATA_ERRORS as error:
        what = "no array of numbers" if name is None else f"its '{name}' is no array of numbers"
        raise InputError(what, where, "save it again.") from error


def size_of(path: Path, content: dict[str, Any]) -> tuple[float, float] | None:
    """Return width and height of the images, if they are told.

    Raises:
        InputError: If they are not two numbers above 0.
    """
    if "size" not in content:
        return None
    size = numbers_of(content["size"], path, "size").ravel()
    if len(size) != 2 or not (np.isfinite(size) & (size > 0)).all():
        raise InputError("its 'size' is not the width and height of the images in pixels.", path)
    return float(size[0]), float(size[1])


def fps_of(path: Path, content: dict[str, Any]) -> float | None:
    """Return frames per second, if they are told.

    Raises:
        InputError: If they are no number above 0.
    """
    if "fps" not in content:
        return None
    fps = numbers_of(content["fps"], path, "fps").ravel()
    if len(fps) != 1 or not 0 < fps[0] < np.inf:
        raise InputError("its 'fps' is no number of frames per second.", path)
    return float(fps[0])


def frames_of(path: Path, content: dict[str, Any], count: int) -> NDArray[np.int64]:
    """Return the numbers of so many frames, from 0 on where they are not told.

    Raises:
        InputError: If they do not rise.
    """
    if "frame" not in content:
        return np.arange(count)
    frames = np.asarray(content["frame"])
    is_whole = frames.shape == (count,) and frames.dtype.kind in "iu"
    if not is_whole or not rises(frames.astype(np.int64)):
        raise InputError("its 'frame' is not one rising number per frame.", path)
    return frames.astype(np.int64)


def times_of(path: Path, content: dict[str, Any], count: int) -> NDArray[np.float64] | None:
    """Return the seconds of so many frames, if they are told.

    Raises:
        InputError: If they are not one number per frame.
    """
    if "time" not in content:
        return None
    times = numbers_of(content["time"], path, "time")
    if times.shape != (count,) or np.isinf(times).any():
        raise InputError("its 'time' is not the seconds of each frame.", path)
    return None if np.isnan(times).any() else times


def rises(frames: NDArray[Any]) -> bool:
    """Return whether every number is larger than the one before; differences might overflow."""
    return bool((frames[1:] > frames[:-1]).all())
