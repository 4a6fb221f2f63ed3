"""Smoothing of keypoints over time, before they are lifted."""

import math
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Float64
from numpy import ndarray
from scipy.signal import butter, sosfiltfilt
from torch import Tensor

from lifting.errors import InputError, Option, Phrase
from lifting.inference.keypoint_filters import DEFAULT_CUTOFF, parse_filter
from lifting.inference.smoothing import one_euro, runs_of, savitzky_golay
from lifting.keypoints.frame_times import at_times, even_rate
from lifting.keypoints.validation import PersonKeypoints

# Of one pass; forwards and backwards make four.
_ORDER = 2
# One-Euro filters are set for millimetres of a person who is about so tall.
_PERSON_MM = 1700.0


def smoothed(
    person: PersonKeypoints,
    text: str | None,
    fps: float | None,
    times: Float64[ndarray, " frames"] | None = None,
) -> PersonKeypoints:
    """Return somebody with smoothed keypoints; see :func:`smooth_keypoints`."""
    return replace(person, points=smooth_keypoints(person.points, person.seen, text, fps, times))


def smooth_keypoints(
    points: Float[Tensor, "frames K 2"],
    seen: Bool[Tensor, "frames K"],
    text: str | None,
    fps: float | None,
    times: Float64[ndarray, " frames"] | None = None,
) -> Float[Tensor, "frames K 2"]:
    """Smooth keypoints (pixels) over time, each joint by itself.

    Runs of frames on which a joint is seen are smoothed apart: nothing gets across a gap, and what is
    not seen stays as it is.

    Args:
        points: Keypoints.
        seen: Which of them are seen.
        text: The filter, see :func:`lifting.inference.keypoint_filters.parse_filter`; None for none.
        fps: Frames per second, which ``butterworth`` and ``one_euro`` need.
        times: Seconds of the frames, where these do not follow at ``fps``.

    Raises:
        InputError: If the filter is unknown, the frames per second are missing, or the cut-off is not
            below half of them.
    """
    chosen = parse_filter("none" if text is None else text)
    if chosen.name == "none":
        return points
    if chosen.name != "savgol" and fps is None:
        what = f"{chosen.name} depends on the frame rate"
        raise InputError(
            what, Option("smooth_keypoints"), Phrase("give {}, or smooth by savgol.", Option("fps"))
        )
    if chosen.name == "butterworth" and fps is not None and chosen.cutoff >= fps / 2:
        what = f"a cut-off of {chosen.cutoff:g} Hz is not below half of {fps:g} frames per second"
        raise InputError(what, Option("smooth_keypoints"), "give a lower one.")
    # Pixels to about millimetres.
    scale = _PERSON_MM / _extent(points, seen) if chosen.name == "one_euro" else 1.0
    smoothed = points.clone()
    for joint in range(points.shape[1]):
        for begin, end in runs_of(seen[:, joint].numpy()):
            run = points[begin:end, joint : joint + 1]
            own = None if times is None else times[begin:end]
            if chosen.name == "savgol":
                done = savitzky_golay(run, times=own)
            elif chosen.name == "one_euro":
                done = one_euro(scale * run, fps or 0.0, times=own) / scale
            elif own is None:
                done = butterworth(run, fps or 0.0, chosen.cutoff)
            else:
                done = _at_even_times(run, own, chosen.cutoff)
            smoothed[begin:end, joint] = done[:, 0]
    return smoothed


def _at_even_times(
    points: Float[Tensor, "frames K D"], times: Float64[ndarray, " frames"], cutoff: float
) -> Float[Tensor, "frames K D"]:
    """Return what :func:`butterworth` makes of points that are interpolated at even times."""
    rate = even_rate(times)
    if rate is None:
        return points
    count = round((times[-1] - times[0]) * rate) + 1
    even = np.linspace(times[0], times[-1], count)
    there = torch.from_numpy(at_times(points.double().numpy(), times, even))
    done = butterworth(there, (count - 1) / (times[-1] - times[0]), cutoff)
    return torch.from_numpy(at_times(done.numpy(), even, times)).to(points)


def butterworth(
    points: Float[Tensor, "frames K D"], fps: float, cutoff: float = DEFAULT_CUTOFF
) -> Float[Tensor, "frames K D"]:
    """Low-pass coordinates forwards and backwards, so that they do not lag.

    A Butterworth filter of second order in each direction, of fourth in all, whose cut-offs are raised
    so that both together leave 1/√2 of the amplitude at ``cutoff`` (Winter, section 3.4.4). Beyond both
    ends the run goes on turned by half a circle about its last point; a run of one frame stays.

    Args:
        points: Coordinates, any unit.
        fps: Frames per second.
        cutoff: Hz, below half of ``fps``.
    """
    if len(points) < 2:
        return points
    # Each pass leaves 2^(-1/4) there; the bilinear transform bends the frequencies.
    bent = math.tan(math.pi * cutoff / fps) / (math.sqrt(2) - 1) ** (1 / (2 * _ORDER))
    raised = math.atan(bent) * fps / math.pi
    sections = butter(_ORDER, raised, fs=fps, output="sos")
    # A few periods of the cut-off, as far as there are frames.
    padding = min(len(points) - 1, math.ceil(fps / cutoff))
    filtered = sosfiltfilt(sections, points.double().numpy(), axis=0, padlen=padding)
    return torch.from_numpy(np.ascontiguousarray(filtered)).to(points)


def _extent(points: Tensor, seen: Tensor) -> float:
    """Return the longer side of the box (pixels) around somebody, in the median."""
    lost = ~seen[..., None]
    low = points.masked_fill(lost, math.inf).amin(1)
    high = points.masked_fill(lost, -math.inf).amax(1)
    sides = (high - low).amax(-1)
    there = sides[sides > 0]
    return float(there.median()) if len(there) else _PERSON_MM
