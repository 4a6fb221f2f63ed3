"""Tracker of several people: detected on every frame, tracked by their bounding boxes."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from lifting.imaging.boxes import pairwise_iou
from lifting.inference.detectors.interfaces import (
    Boxes,
    Detection,
    Frame,
    PersonDetector,
    Points,
    PoseEstimator,
)

# A person shows at least this fraction of its keypoints.
_MIN_FRACTION = 1 / 3
# A box that overlaps that of the frame before by less is somebody else's, as in SORT (Bewley et al.,
# ICIP 2016).
_MIN_IOU = 0.3


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


class IouTracker:
    """Gives boxes the numbers of people, matched to the largest total overlap with their last boxes.

    Args:
        patience: Frames that a person may be out of sight; who comes back later is a new person.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self._boxes: Boxes = np.zeros((0, 4), np.float32)
        self._people = np.zeros(0, np.int64)
        self._last_frame = np.zeros(0, np.int64)
        self._count = 0

    def update(self, frame: int, boxes: Boxes) -> list[int]:
        """Return the number of the person in each box of a frame; the numbers of frames rise."""
        active = frame - self._last_frame <= self.patience
        self._boxes, self._people = self._boxes[active], self._people[active]
        self._last_frame = self._last_frame[active]
        iou = pairwise_iou(self._boxes, boxes)
        # What hardly overlaps counts the same wherever it goes, and is then undone.
        iou = np.where(iou < _MIN_IOU, 0, iou)
        rows, columns = linear_sum_assignment(-iou)
        matched = {int(c): int(r) for r, c in zip(rows, columns, strict=True) if iou[r, c]}
        people = []
        for column, box in enumerate(boxes):
            row = matched.get(column)
            if row is None:
                row = len(self._people)
                self._people = np.append(self._people, self._count)
                self._last_frame = np.append(self._last_frame, frame)
                self._boxes = np.append(self._boxes, box[None], axis=0)
                self._count += 1
            self._boxes[row], self._last_frame[row] = box, frame
            people.append(int(self._people[row]))
        return people


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
