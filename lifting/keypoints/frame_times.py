"""Times of frames: whether one rate tells them, and an even grid where none does."""

import numpy as np
from jaxtyping import Float64
from numpy import ndarray
from numpy.typing import ArrayLike

from lifting.errors import InputError

Times = Float64[ndarray, " frames"]

# Share of a step by which frames may be off a rate: containers round to thousandths of a second.
_LOOSE = 0.25
# Frames of an even grid for each frame there is, at most; times of damaged videos jump by hours.
_MOST = 10
# Share of a step that is nothing.
_CLOSE = 1e-3


def checked_times(times: ArrayLike | None, frames: int) -> Times | None:
    """Return the times of frames in seconds, or None where none are given.

    Raises:
        InputError: Unless there is one for each frame, and they rise.
    """
    if times is None:
        return None
    try:
        seconds = np.asarray(times, np.float64)
    except (TypeError, ValueError):
        seconds = np.empty(0)
    if (
        seconds.shape != (frames,)
        or not np.isfinite(seconds).all()
        or (np.diff(seconds) <= 0).any()
    ):
        raise InputError(f"times are not {frames:,} seconds that rise, one for each frame.")
    return seconds


def uneven(times: Times | None, fps: float | None) -> Times | None:
    """Return times, or None where frames follow one another at the rate that is known.

    Args:
        times: Seconds, rising.
        fps: Frames per second, if known.
    """
    if times is None:
        return None
    return None if fps is not None and _follow(times, fps) else times


def _follow(times: Times, fps: float) -> bool:
    off = times - np.arange(len(times)) / fps
    return bool(np.ptp(off) <= 2 * _LOOSE / fps)


def even_rate(times: Times) -> float | None:
    """Return the frames per second that keep what times tell; None for a single frame.

    Of even times it is their own. Of others it is that of the quicker steps, in the median of those
    that are not longer than the mean: frames that a camera left out make the other steps no longer.
    """
    if len(times) < 2:
        return None
    steps = np.diff(times)
    mean = float(steps.mean())
    if _follow(times, 1 / mean):
        return 1 / mean
    # The mean of equal steps may be rounded to less than each of them.
    step = float(np.median(steps[steps <= mean * (1 + _CLOSE)]))
    return 1 / max(step, mean / _MOST)


def even_frames(times: Times, rate: float) -> ndarray:
    """Return the numbers of the frames at a rate from the first time to the last, 0 being at 0 s."""
    first = int(np.ceil(times[0] * rate - _LOOSE))
    last = int(np.floor(times[-1] * rate + _LOOSE))
    return np.arange(first, max(first, last) + 1)


def at_times(values: ndarray, times: Times, wanted: Float64[ndarray, " wanted"]) -> ndarray:
    """Return values ``(frames, ...)`` at other times, interpolated; NaN beside what is NaN.

    Before the first frame and after the last they are as there.
    """
    if len(times) < 2:
        return np.repeat(values, len(wanted), 0)
    before = np.clip(np.searchsorted(times, wanted, "right") - 1, 0, len(times) - 2)
    share = (wanted - times[before]) / (times[before + 1] - times[before])
    share = np.clip(share, 0, 1).reshape(-1, *[1] * (values.ndim - 1))
    early, late = values[before], values[before + 1]
    between = early + share * (late - early)
    # NaN beside a frame that is met leaves it as it is.
    return np.where(share < _CLOSE, early, np.where(share > 1 - _CLOSE, late, between))
