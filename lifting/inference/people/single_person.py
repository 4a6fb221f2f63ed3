"""Tracker of one person by its own keypoints, without a person detector."""

from collections.abc import Sequence

import numpy as np

from lifting.inference.detectors.cropping import keypoint_box
from lifting.inference.detectors.interfaces import (
    Boxes,
    Detection,
    Frame,
    Image,
    Points,
    PoseEstimator,
)
from lifting.inference.people.detect_and_track import is_person

# A person that is looked for fills a window of one of these fractions of the frame's height or width;
# the windows of a size overlap by half.
_FRACTIONS = (1.0, 0.6, 0.36)
# Width of a window over its height, that of a standing person.
_ASPECT = 0.75
# Times that the box of a person just found is fitted to its keypoints.
_REFINEMENTS = 2
# A lost person is searched for in every n-th frame: a search costs as much as many tracked frames.
_SEARCH_EVERY = 10
# The sides of a box shrink by at most this per frame, or a hidden limb would be cut off for good.
_MIN_SHRINKAGE = 0.95


def windows(width: int, height: int) -> Boxes:
    """Return the boxes in which a person is searched for: the whole frame, and windows of it."""
    boxes = [[0.0, 0.0, float(width), float(height)]]
    largest = min(height, width / _ASPECT)
    for fraction in _FRACTIONS:
        high = fraction * largest
        wide = _ASPECT * high
        boxes += [
            [left, top, left + wide, top + high]
            for top in _starts(height, high)
            for left in _starts(width, wide)
        ]
    return np.array(boxes, np.float32)


def _starts(whole: int, part: float) -> list[float]:
    """Return where parts begin that cover the whole and overlap by half at least."""
    count = int(np.ceil(2 * (whole - part) / part - 1e-6)) + 1
    return np.linspace(0, whole - part, count).tolist() if count > 1 else [(whole - part) / 2]


class SinglePersonTracker:
    """Tracks one person: searched for on the first frame, then tracked from box to box.

    Each frame needs the box of the one before, so frames go through the estimator one by one.

    Args:
        pose: Estimates keypoints.
        min_confidence: Keypoints of less confidence are not seen.
        patience: Frames that the person may be out of sight; who is found later is a new person.
    """

    def __init__(self, pose: PoseEstimator, min_confidence: float, patience: int) -> None:
        self.skeleton = pose.skeleton
        self._pose, self._min_confidence, self._patience = pose, min_confidence, patience
        self._box: Boxes | None = None
        self._person = -1
        self._unseen = 0

    def track(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """Return for each frame the person, if it is there."""
        return [self._track(frame.image) for frame in frames]

    def _track(self, image: Image) -> list[Detection]:
        points = None if self._box is None else self._estimate(image, self._box)
        if points is None:
            lost_now = self._box is not None
            self._box = None
            if lost_now or self._unseen % _SEARCH_EVERY == 0:
                points = self._search(image)
        if points is None:
            self._unseen += 1
            return []
        if self._person < 0 or self._unseen > self._patience:
            self._person += 1
        self._unseen = 0
        self._box = _next_box(self._box, points, self._min_confidence)
        return [Detection(self._person, points)]

    def _estimate(self, image: Image, box: Boxes) -> Points | None:
        points = self._pose.estimate([image], [box[None]])[0][0]
        return points if is_person(points, self._min_confidence) else None

    def _search(self, image: Image) -> Points | None:
        """Return the keypoints of the window of highest confidence, refined in their own box."""
        height, width = image.shape[:2]
        candidates = self._pose.estimate([image], [windows(width, height)])[0]
        best: Points | None = candidates[candidates[..., 2].mean(1).argmax()]
        for _ in range(_REFINEMENTS):
            if best is None or (box := keypoint_box(best, self._min_confidence)) is None:
                return None
            best = self._estimate(image, box)
        return best


def _next_box(previous: Boxes | None, points: Points, min_confidence: float) -> Boxes | None:
    box = keypoint_box(points, min_confidence)
    if previous is None or box is None:
        return box
    centre = (box[:2] + box[2:]) / 2
    extent = np.maximum(box[2:] - box[:2], _MIN_SHRINKAGE * (previous[2:] - previous[:2]))
    return np.concatenate([centre - extent / 2, centre + extent / 2]).astype(np.float32)
