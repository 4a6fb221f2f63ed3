"""Smoothing of poses over time."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from scipy.signal import savgol_filter
from torch import Tensor

from lifting.errors import InputError
from lifting.inference.options import check_smoothing


def smooth(
    pose: Float[Tensor, "frames J 3"], method: str, fps: float | None = None
) -> Float[Tensor, "frames J 3"]:
    """Smooth poses (mm) over time; runs between frames that are NaN, which stay so, are smoothed apart.

    Raises:
        InputError: If there is no such filter, or ``one_euro`` is given no frame rate.
    """
    check_smoothing(method)
    if method == "none":
        return pose
    if method == "one_euro" and fps is None:
        raise InputError("one_euro depends on the frame rate: give fps, or smooth by savgol.")
    smoothed = pose.clone()
    for begin, end in _runs(pose):
        run = pose[begin:end]
        if method == "savgol":
            smoothed[begin:end] = savitzky_golay(run)
        else:
            assert fps is not None
            smoothed[begin:end] = one_euro(run, fps)
    return smoothed


def _runs(pose: Tensor) -> Iterator[tuple[int, int]]:
    """Yield begin and end of every run of finite frames."""
    finite = pose.isfinite().flatten(1).all(-1).numpy()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], finite, [False]]).astype(int)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def savitzky_golay(
    pose: Float[Tensor, "frames J D"], window: int = 11, order: int = 2
) -> Float[Tensor, "frames J D"]:
    """Replace each coordinate by the value of a polynomial through the frames around it.

    It looks ahead as far as back, so it does not lag. The window, odd, shrinks to the frames there
    are; poses of no more frames than the order stay as they are.
    """
    frames = len(pose)
    length = min(window, frames if frames % 2 else frames - 1)
    if length <= order:
        return pose
    smoothed = savgol_filter(pose.double().numpy(), length, order, axis=0)
    return torch.from_numpy(smoothed).to(pose)


def one_euro(
    pose: Float[Tensor, "frames J D"],
    fps: float,
    min_cutoff: float = 1.5,
    beta: float = 0.01,
    speed_cutoff: float = 1.0,
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
    """
    points = pose.double().numpy()
    smoothed = np.empty_like(points)
    value, speed = points[0], np.zeros_like(points[0])
    for frame, point in enumerate(points):
        previous = points[max(frame - 1, 0)]
        speed = speed + _smoothing_factor(speed_cutoff, fps) * ((point - previous) * fps - speed)
        cutoff = min_cutoff + beta * np.linalg.norm(speed, axis=-1, keepdims=True)
        value = value + _smoothing_factor(cutoff, fps) * (point - value)
        smoothed[frame] = value
    return torch.from_numpy(smoothed).to(pose)


def _smoothing_factor(cutoff: np.ndarray | float, fps: float) -> np.ndarray | float:
    """Return the weight of a new value in a low-pass filter of first order."""
    return 1 / (1 + fps / (2 * math.pi * cutoff))
