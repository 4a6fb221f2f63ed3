"""Keypoints that nobody can have: told from detections, taken as not seen, and named.

What is meant is damage, not noise: bounds lie far beyond what detectors get wrong, so that no lifter is
kept from what it can cope with.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from lifting.skeletons import skeleton

# Longer sides of the image that keypoints may lie from its middle: 84 degrees off the axis of a nominal
# camera. Where the size is not known, pixels: no image is so large.
_SIDES, _PIXELS = 10.0, 1e5
# Pixels: below this extent, as :func:`_spread` measures it, keypoints are one point.
_POINT = 0.5
# Extents from the middle. People, from whichever side, remain below 4.2: 260,000 detections of
# Human3.6M, 6,600 poses of free motion by random cameras, 33 landmarks of MediaPipe.
_FAR = 10.0
# Fewer keypoints tell no extent.
_ENOUGH = 5
# Numbers of frames that are listed.
_LISTED = 5


@dataclass(frozen=True)
class Implausible:
    """Keypoints of one person with one fault.

    Attributes:
        mask: Which they are, to be taken as not seen.
        text: The fault, the frames, and what becomes of it.
        remedy: What to do, with the full stop.
    """

    mask: Bool[ndarray, "T K"]
    text: str
    remedy: str


def implausible(
    points: Float[ndarray, "T K 2"],
    seen: Bool[ndarray, "T K"],
    joint_set: str,
    size: tuple[float, float] | None = None,
    frames: Sequence[int] | None = None,
) -> list[Implausible]:
    """Return the keypoints of a person that cannot be, by their fault.

    These are keypoints at exactly (0, 0), which stands for what is missing in many files; beyond ten
    times the image; all in one point; and single ones ten times as far from the middle of the person as
    three quarters of the others. Somebody who is outside the image on most frames is named, and kept.

    Args:
        points: Pixels.
        seen: Which of them count.
        joint_set: Their joint set.
        size: Width and height of the image, pixels, if known.
        frames: Numbers of the frames; from 0 on where not given.
    """
    joints = skeleton(joint_set).joints
    numbers = np.arange(len(points)) if frames is None else np.asarray(frames)
    if size is None or not min(size) > 0:
        middle, limit, image = np.zeros(2), _PIXELS, "any image"
    else:
        middle, limit = np.asarray(size) / 2, _SIDES * max(size)
        image = f"the image of {size[0]:g} x {size[1]:g} pixels"
    left, found = seen.copy(), []

    def note(mask: Bool[ndarray, "T K"], fault: str, become: str, remedy: str) -> None:
        nonlocal left
        mask = mask & left
        if not mask.any():
            return
        left = left & ~mask
        who = "all keypoints" if "missing" in become else _names(joints, mask)
        verb = "lies" if who in joints else "lie"
        be = "is" if who in joints else "are"
        text = f"{who.replace('_', ' ')} {verb} {fault} on {_listed(numbers, np.any(mask, axis=1))}"
        found.append(Implausible(mask, f"{text} and {be} {become}", remedy))

    with np.errstate(over="ignore"):
        outside = np.any(np.abs(points - middle) > limit, axis=-1)
    zero = np.all(points == 0, axis=-1)
    detector = "check what the detector wrote."
    # Of a keypoint by itself; a person of nothing else is one in a point.
    only_zero = np.all(zero | ~left, axis=1, keepdims=True)
    unseen = "taken as not seen"
    note(zero & ~only_zero, "at (0, 0)", unseen, "give those that are missing confidence 0.")
    note(outside, f"far outside {image}", unseen, "check them, and the size of the image.")
    if size is not None and min(size) > 0:
        without = left.any(1) & ~(left & _within(points, size)).any(1)
        if without.sum() > 0.5 * left.any(1).sum():
            text = f"nothing of the person lies within {image} on {_listed(numbers, without)}"
            found.append(Implausible(np.zeros_like(left), text, "check the size of the image."))
    points = np.where(left[..., None], points, 0.0)
    _, extent, enough = _spread(points, left)
    one_point = (enough & (extent < _POINT))[:, None]
    note(np.logical_and(one_point, left), "in one point", "taken as missing", detector)
    distance, extent, enough = _spread(points, left)
    far = enough[:, None] & (distance > _FAR * extent[:, None])
    note(far, "far from the rest of the person", unseen, detector)
    return found


def _within(points: Float[ndarray, "T K 2"], size: tuple[float, float]) -> Bool[ndarray, "T K"]:
    within: Bool[ndarray, "T K"] = np.all((points >= 0) & (points <= np.asarray(size)), axis=-1)
    return within


def _spread(
    points: Float[ndarray, "T K 2"], seen: Bool[ndarray, "T K"]
) -> tuple[Float[ndarray, "T K"], Float[ndarray, " T"], Bool[ndarray, " T"]]:
    """Return distances from the median keypoint, pixels, the third quartile of them, and who has one."""
    count = seen.sum(1)
    centre = _quantile(points, seen[..., None], count, 0.5)
    distance = np.linalg.norm(points - centre[:, None], axis=-1)
    return distance, _quantile(distance, seen, count, 0.75), count >= _ENOUGH


def _quantile(
    values: Float[ndarray, "T K *rest"], seen: Bool[ndarray, "T K *#rest"], count: ndarray, q: float
) -> Float[ndarray, "T *rest"]:
    """Return a quantile, the lower of two neighbours, of what is seen on each frame."""
    ordered = np.sort(np.where(seen, values, np.inf), axis=1)
    return ordered[np.arange(len(values)), np.floor(q * np.maximum(count - 1, 0)).astype(int)]


def _names(joints: Sequence[str], mask: Bool[ndarray, "T K"]) -> str:
    """Return the names of joints, or how many they are."""
    named = [
        joint
        for joint, any_frame in zip(joints, np.any(mask, axis=0).tolist(), strict=True)
        if any_frame
    ]
    if len(named) > 3:
        return f"{len(named)} of {len(joints)} keypoints"
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _listed(numbers: ndarray, rows: Bool[ndarray, " T"]) -> str:
    """Return which frames are meant."""
    if len(rows) == 1:
        return f"frame {numbers[0]}"
    shown = [f"{number}" for number in numbers[rows][:_LISTED].tolist()]
    more = ", …" if rows.sum() > _LISTED else ""
    return f"{rows.sum():,} of {len(rows):,} frames ({', '.join(shown)}{more})"
