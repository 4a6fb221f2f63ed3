"""Validation of keypoints that come as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from lifting.errors import InputError, warn
from lifting.keypoints.confidence import believed, confidence_of
from lifting.keypoints.plausibility import Implausible, implausible
from lifting.keypoints.threshold import LEAST_CONFIDENCE
from lifting.skeletons import skeleton

# Pixels of a recording do not all lie within these of the corner, normalised coordinates do.
SMALLEST_IMAGE = 4.0


@dataclass(frozen=True)
class PersonKeypoints:
    """Valid keypoints of one person.

    Attributes:
        points: Pixels ``(T, K, 2)``; 0 where not seen.
        confidence: ``(T, K)``, 0 to 1.
        seen: Which of them are seen, ``(T, K)``.
        skeleton: Their joint set.
    """

    points: Tensor
    confidence: Tensor
    seen: Tensor
    skeleton: str


def validate_keypoints(
    keypoints: ArrayLike,
    confidence: ArrayLike | None,
    joint_set: str,
    size: tuple[float, float] | None = None,
    least_confidence: float = LEAST_CONFIDENCE,
) -> PersonKeypoints:
    """Return the keypoints of a person as tensors.

    Args:
        keypoints: ``(T, K, 2)``, ``(T, K, 3)`` with confidences, or one frame of either.
        confidence: ``(T, K)`` or ``(K,)``, or None.
        joint_set: Their joint set.
        size: Width and height of the image, pixels, if known.
        least_confidence: Keypoints of less confidence are missing, and with it those that
            :func:`lifting.keypoints.confidence.believed` names.

    Raises:
        InputError: If they are not pixels of that joint set, or nobody is seen.
    """
    joints = len(skeleton(joint_set))
    array = _numbers(keypoints, "keypoints")
    array = array[None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[2] not in (2, 3) or not len(array):
        shape = f"(frames, {joints}, 2), 3 with confidence, and at least one frame"
        raise InputError(f"keypoints are {np.shape(keypoints)}: give {shape}.")
    if array.shape[1] != joints:
        counts = f"{array.shape[1]} joints, '{joint_set}' has {joints}"
        raise InputError(f"keypoints have {counts}: name the skeleton they are in.")
    if confidence is None:
        scores = array[..., 2] if array.shape[2] == 3 else np.ones(array.shape[:2])
    elif array.shape[2] == 3:
        raise InputError("confidence is given twice: as the third column, and by itself.")
    else:
        scores = _numbers(confidence, "confidence")
        scores = scores[None] if scores.ndim == 1 else scores
        if scores.shape != array.shape[:2]:
            what = f"confidence is {np.shape(confidence)}"
            raise InputError(f"{what}: give one number per keypoint, {array.shape[:2]}.")
    scores = confidence_of(scores)
    there = np.isfinite(array[..., :2]).all(-1)
    seen = there & believed(array[..., :2], scores, size, least_confidence)
    if not seen.any():
        if (there & (scores > 0)).any():
            what = f"keypoints show nobody: none of a confidence of {least_confidence:g} is in the image"
            raise InputError(what, remedy="lower least_confidence, or check the size of the image.")
        raise InputError("keypoints show nobody: all are NaN or of confidence 0.")
    if np.abs(array[seen][:, :2]).max() < SMALLEST_IMAGE:
        what = f"keypoints all lie within {SMALLEST_IMAGE:g} px of the image's corner"
        raise InputError(f"{what}: give pixels, not normalised coordinates.")
    points = np.where(seen[..., None], array[..., :2], 0.0)
    numbers = torch.from_numpy(points), torch.from_numpy(scores), torch.from_numpy(seen)
    return PersonKeypoints(*numbers, joint_set)


def plausible(
    person: PersonKeypoints, size: tuple[float, float] | None, where: object = "keypoints"
) -> PersonKeypoints:
    """Return somebody without the keypoints that nobody can have, and warn of each kind of them.

    Args:
        person: The keypoints.
        size: Width and height of the image, pixels, if known.
        where: What they are called in messages.

    Raises:
        InputError: If none is left.
    """
    found = implausible_in(person, size)
    left = without(person, found)
    if not left.seen.any():
        raise InputError(f"nobody is left: {found[-1].text}", where, found[-1].remedy)
    warn_of(found, where)
    return left


def implausible_in(person: PersonKeypoints, size: tuple[float, float] | None) -> list[Implausible]:
    """Return the keypoints of somebody that nobody can have, by their fault."""
    return implausible(person.points.double().numpy(), person.seen.numpy(), person.skeleton, size)


def without(person: PersonKeypoints, found: Sequence[Implausible]) -> PersonKeypoints:
    """Return somebody some of whose keypoints are not seen."""
    seen = person.seen.clone()
    for fault in found:
        seen &= ~torch.from_numpy(fault.mask)
    return replace(person, seen=seen)


def warn_of(found: Sequence[Implausible], where: object) -> None:
    """Warn of keypoints that nobody can have, a sentence for each fault."""
    for fault in found:
        warn(InputError(fault.text, where, fault.remedy), stacklevel=4)


def _numbers(content: ArrayLike, what: str) -> NDArray[np.float64]:
    try:
        array = np.asarray(content)
        if array.dtype.kind not in "iuf":
            raise TypeError(array.dtype)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} are no array of numbers.") from error
    return array.astype(np.float64)
