"""People known again from frame to frame by where their boxes are."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from lifting.inference.detectors.cropping import overlaps
from lifting.inference.detectors.interfaces import Boxes

# A box that overlaps that of the frame before by less (intersection over union) is somebody else's, as
# in SORT (Bewley et al., ICIP 2016).
_LEAST = 0.3


class Tracker:
    """Gives boxes the numbers of people: those of the last frame are matched to overlap most in all.

    Args:
        patience: Frames that a person may be out of sight; who comes back later is somebody new.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self._boxes: Boxes = np.zeros((0, 4), np.float32)
        self._people = np.zeros(0, np.int64)
        self._seen = np.zeros(0, np.int64)
        self._count = 0

    def follow(self, frame: int, boxes: Boxes) -> list[int]:
        """Return the number of the person in each box.

        Args:
            frame: Number of the frame, which rises.
            boxes: ``(N, 4)``.
        """
        there = frame - self._seen <= self.patience
        self._boxes, self._people = self._boxes[there], self._people[there]
        self._seen = self._seen[there]
        shared = overlaps(self._boxes, boxes)
        # What hardly overlaps counts the same wherever it goes, and is then undone.
        shared = np.where(shared < _LEAST, 0, shared)
        rows, columns = linear_sum_assignment(-shared)
        matched = {int(c): int(r) for r, c in zip(rows, columns, strict=True) if shared[r, c]}
        people = []
        for column, box in enumerate(boxes):
            row = matched.get(column)
            if row is None:
                row = len(self._people)
                self._people = np.append(self._people, self._count)
                self._seen = np.append(self._seen, frame)
                self._boxes = np.append(self._boxes, box[None], axis=0)
                self._count += 1
            self._boxes[row], self._seen[row] = box, frame
            people.append(int(self._people[row]))
        return people
