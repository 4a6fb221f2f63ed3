"""Tracker of several people: detected on every frame, tracked by their bounding boxes."""

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
from lifting.inference.people.iou_tracker import IouTracker

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
        self._tracker = IouTracker(patience)

    def track(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """Return for each frame the people on it."""
        boxes = self._detector.detect(frames)
        keypoints = self._pose.estimate([frame.image for frame in frames], boxes)
        tracked = []
        for frame, frame_boxes, frame_keypoints in zip(frames, boxes, keypoints, strict=True):
            numbers = self._tracker.update(frame.number, frame_boxes)
            people = map(Detection, numbers, frame_keypoints)
            tracked.append([p for p in people if is_person(p.keypoints, self._min_confidence)])
        return tracked
