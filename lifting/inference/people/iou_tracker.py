"""Tracker of bounding boxes by their overlap from frame to frame."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from lifting.inference.detectors.cropping import pairwise_iou
from lifting.inference.detectors.interfaces import Boxes

# A box that overlaps that of the frame before by less is somebody else's, as in SORT (Bewley et al.,
# ICIP 2016).
_MIN_IOU = 0.3


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
