"""Smoothing of poses over time."""

import math

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from numpy import ndarray
from scipy.signal import savgol_filter
from torch import Tensor

from lifting.errors import InputError
from lifting.inference.options import check_smoothing


def smooth(
    pose: Float[Tensor, "frames J 3"],
    method: str,
    fps: float | None = None,
    times: Float64[ndarray, " frames"] | None = None,
) -> Float[Tensor, "frames J 3"]:
    """Smooth poses (mm) over time; runs between frames that are NaN, which stay so, are smoothed apart.

    Args:
        pose: The poses.
        method: The filter.
        fps: Frames per second, if known.
        times: Seconds of the frames, where these do not follow at ``fps``.

    Raises:
        InputError: If there is no such filter, or ``one_euro`` is given no frame rate.
    """
    check_smoothing(method)
    if method == "none":
        return pose
    if method == "one_euro" and fps is None and times is None:
        raise InputError("one_euro depends on the frame rate: give fps, or smooth by savgol.")
    smoothed = pose.clone()
    for begin, end in runs_of(pose.isfinite().flatten(1).all(-1).numpy()):
        run, own = pose[begin:end], None if times is None else times[begin:end]
        if method == "savgol":
            smoothed[begin:end] = savitzky_golay(run, times=own)
        else:
            smoothed[begin:end] = one_euro(run, fps or 1.0, times=own)
    return smoothed


def runs_of(there: Bool[ndarray, " frames"]) -> list[tuple[int, int]]:
    """Return begin and end of every run of frames on which something is there.

    Example:
        >>> runs_of(np.array([True, False, True, True]))
        [(0, 1), (2, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def savitzky_golay(
    pose: Float[Tensor, "frames J D"],
    window: int = 11,
    order: int = 2,
    times: Float64[ndarray, " frames"] | None = None,
) -> Float[Tensor, "frames J D"]:
    """Replace each coordinate by the value of a polynomial through the frames around it.

    It looks ahead as far as back, so it does not lag. The window, odd, shrinks to the frames there
    are; poses of no more frames than the order stay as they are.

    Args:
        pose: Any unit.
        window: Frames of each polynomial.
        order: Its degree.
        times: Seconds of the frames, where these are not evenly spaced.
    """
    frames = len(pose)
    length = min(window, frames if frames % 2 else frames - 1)
    if length <= order:
        return pose
    values = pose.double().numpy()
    if times is None:
        smoothed = savgol_filter(values, length, order, axis=0)
    else:
        smoothed = _local_polynomials(values, times, length, order)
    return torch.from_numpy(smoothed).to(pose)


def _local_polynomials(values: ndarray, times: ndarray, length: int, order: int) -> ndarray:
    """Return the least-squares polynomials of windows, each at the time of its frame.

    Of even times it is SciPy's ``savgol_filter``, which knows no others.
    """
    frames = len(times)
    first = (np.arange(frames) - length // 2).clip(0, frames - length)
    rows = first[:, None] + np.arange(length)
    offsets = times[rows] - times[:, None]
    offsets /= np.abs(offsets).max(1, keepdims=True)
    # Of a polynomial about the frame the value there is its constant.
    weights = np.linalg.pinv(offsets[..., None] ** np.arange(order + 1))[:, 0]
    smoothed = np.zeros_like(values)
    for place in range(length):
        smoothed += weights[:, place, None, None] * values[rows[:, place]]
    return smoothed


def one_euro(
    pose: Float[Tensor, "frames J D"],
    fps: float,
    min_cutoff: float = 1.5,
    beta: float = 0.01,
    speed_cutoff: float = 1.0,
    times: Float64[ndarray, " frames"] | None = None,
) -> Float[Tensor, "frames J D"]:
    """Smooth still joints much and fast ones little (Casiez et al., CHI 2012).

    It sees the past only and lags, by ``1 / (2 pi cutoff)`` seconds. All coordinates of a joint share
    the cutoff, so that the result does not depend on the axes; the speed is that of the poses as they
    are.

    Args:
        pose: Millimetres, for which the cutoffs are set.
        fps: Frames per second.
        min_cutoff: Cutoff of a joint at rest, Hz.
        beta: How much the cutoff grows with the speed, Hz per mm/s.
        speed_cutoff: Cutoff of the speed, Hz.
        times: Seconds of the frames, where these do not follow at ``fps``.
    """
    smoother = OneEuro(min_cutoff, beta, speed_cutoff)
    steps = np.full(len(pose), 1 / fps)
    if times is not None:
        steps[1:] = np.diff(times)
    smoothed = [
        smoother(point, step) for point, step in zip(pose.double().numpy(), steps, strict=True)
    ]
    return torch.from_numpy(np.stack(smoothed)).to(pose)


class OneEuro:
    """The filter of :func:`one_euro`, point by point, as they come; its options are the same."""

    def __init__(
        self, min_cutoff: float = 1.5, beta: float = 0.01, speed_cutoff: float = 1.0
    ) -> None:
        self.min_cutoff, self.beta, self.speed_cutoff = min_cutoff, beta, speed_cutoff
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._previous: Float[ndarray, "J D"] | None = None
        self._value: Float[ndarray, "J D"] | None = None
        self._speed: Float[ndarray, "J D"] | float = 0.0

    def __call__(self, points: Float[ndarray, "J D"], seconds: float) -> Float[ndarray, "J D"]:
        """Return the next points, smoothed.

        Args:
            points: Millimetres.
            seconds: Time since those before.
        """
        previous = points if self._previous is None else self._previous
        value = points if self._value is None else self._value
        speed = (points - previous) / seconds
        self._speed = self._speed + low_pass(self.speed_cutoff, seconds) * (speed - self._speed)
        norm = np.linalg.norm(self._speed, axis=-1, keepdims=True)
        share = low_pass(self.min_cutoff + self.beta * norm, seconds)
        self._previous, self._value = points, value + share * (points - value)
        return self._value


def low_pass(cutoff: ndarray | float, seconds: float) -> ndarray | float:
    """Return the weight of a new value in a low-pass filter of first order.

    Args:
        cutoff: Hz.
        seconds: Time since the value before.
    """
    return 1 / (1 + 1 / (2 * math.pi * cutoff * seconds))
