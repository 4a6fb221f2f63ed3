"""Tracker of several people: detected on every frame, tracked by their keypoints."""

from collections.abc import Mapping, Sequence

import numpy as np

from lifting.inference.detectors.interfaces import (
    Boxes,
    Detection,
    Frame,
    PersonDetector,
    Points,
    PoseEstimator,
)
from lifting.inference.people.pose_tracker import PoseTracker

# A person shows at least this fraction of its keypoints.
_MIN_FRACTION = 1 / 3


def is_person(keypoints: Points, min_confidence: float) -> bool:
    """Tell whether enough keypoints of a person are seen."""
    return bool((keypoints[:, 2] >= min_confidence).mean() >= _MIN_FRACTION)


class KnownBoxes:
    """Person detector whose boxes are known already.

    Args:
        boxes: Boxes (left, top, right, bottom) by the number of the frame.
    """

    def __init__(self, boxes: Mapping[int, Sequence[Sequence[float]]]) -> None:
        self._boxes = {n: np.array(b, np.float32).reshape(-1, 4) for n, b in boxes.items()}

    def detect(self, frames: Sequence[Frame]) -> list[Boxes]:
        """Return for each frame the boxes ``(N, 4)`` of the people on it."""
        none = np.zeros((0, 4), np.float32)
        return [self._boxes.get(frame.number, none) for frame in frames]


class DetectAndTrack:
    """Tracks everyone that is detected; frames go through the networks together.

    Args:
        detector: Detects people.
        pose: Estimates their keypoints.
        min_confidence: Keypoints of less confidence are not seen.
        patience: Frames that a person may be out of sight.
    """

    def __init__(
        self, detector: PersonDetector, pose: PoseEstimator, min_confidence: float, patience: int
    ) -> None:
        self.skeleton = pose.skeleton
        self._detector, self._pose, self._min_confidence = detector, pose, min_confidence
        self._tracker = PoseTracker(pose.skeleton, patience)

    def track(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """Return for each frame the people on it."""
        boxes = self._detector.detect(frames)
        keypoints = self._pose.estimate([frame.image for frame in frames], boxes)
        return [
            self._people(frame.number, people)
            for frame, people in zip(frames, keypoints, strict=True)
        ]

    def _people(self, number: int, keypoints: Points) -> list[Detection]:
        people = [points for points in keypoints if is_person(points, self._min_confidence)]
        seen = [np.where(p[:, 2:] >= self._min_confidence, p, 0) for p in people]
        numbers = self._tracker.update(number, seen)
        pairs = zip(numbers, people, strict=True)
        return [Detection(person, points) for person, points in pairs if person is not None]
