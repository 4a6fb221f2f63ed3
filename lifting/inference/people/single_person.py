"""One person, followed by its own keypoints: nothing but a reader of keypoints is needed."""

from collections.abc import Sequence

import numpy as np

from lifting.inference.detectors.cropping import box_of
from lifting.inference.detectors.interfaces import Boxes, Frame, Image, Points, PoseFinder, Sighting
from lifting.inference.people.detect_and_track import is_person

# A person that is looked for fills a window of one of these shares of the frame's height or width; the
# windows of a size overlap by half.
_SHARES = (1.0, 0.6, 0.36)
# Width of a window over its height, that of a standing person.
_ASPECT = 0.75
# How often the box of a person that was just found is drawn anew round its keypoints.
_REFINED = 2
# Who is lost is looked for in every n-th frame: that takes as long as many frames with him.
_LOOK_AGAIN = 10
# The sides of a box shrink by at most this per frame, or a hidden limb would be cut off for good.
_SHRINKS = 0.95


def windows(width: int, height: int) -> Boxes:
    """Return the boxes in which a person is looked for: the whole frame, and windows of it.

    Args:
        width: Width of the frame.
        height: Its height.
    """
    boxes = [[0.0, 0.0, float(width), float(height)]]
    largest = min(height, width / _ASPECT)
    for share in _SHARES:
        high = share * largest
        wide = _ASPECT * high
        boxes += [
            [left, top, left + wide, top + high]
            for top in _places(height, high)
            for left in _places(width, wide)
        ]
    return np.array(boxes, np.float32)


def _places(whole: int, part: float) -> list[float]:
    """Return where parts begin that cover the whole and overlap by half at least."""
    count = int(np.ceil(2 * (whole - part) / part - 1e-6)) + 1
    return np.linspace(0, whole - part, count).tolist() if count > 1 else [(whole - part) / 2]


class Following:
    """Sees one person: looked for on the first frame, then followed from box to box.

    Each frame waits for the one before, so frames go through the reader one by one.

    Args:
        pose: Reads keypoints.
        least: Keypoints less sure than this are not seen.
        patience: Frames that the person may be out of sight; who is found later is somebody new.
    """

    def __init__(self, pose: PoseFinder, least: float, patience: int) -> None:
        self.skeleton = pose.skeleton
        self._pose, self._least, self._patience = pose, least, patience
        self._box: Boxes | None = None
        self._who = -1
        self._unseen = 0

    def see(self, frames: Sequence[Frame]) -> list[list[Sighting]]:
        """Return for each frame the person, if it is there."""
        return [self._see(frame.image) for frame in frames]

    def _see(self, image: Image) -> list[Sighting]:
        points = None if self._box is None else self._read(image, self._box)
        if points is None:
            lost_now = self._box is not None
            self._box = None
            if lost_now or self._unseen % _LOOK_AGAIN == 0:
                points = self._look_for(image)
        if points is None:
            self._unseen += 1
            return []
        if self._who < 0 or self._unseen > self._patience:
            self._who += 1
        self._unseen = 0
        self._box = _next_box(self._box, points, self._least)
        return [Sighting(self._who, points)]

    def _read(self, image: Image, box: Boxes) -> Points | None:
        points = self._pose.read([image], [box[None]])[0][0]
        return points if is_person(points, self._least) else None

    def _look_for(self, image: Image) -> Points | None:
        """Return the keypoints in the window where they are surest, read again round themselves."""
        height, width = image.shape[:2]
        found = self._pose.read([image], [windows(width, height)])[0]
        best: Points | None = found[found[..., 2].mean(1).argmax()]
        for _ in range(_REFINED):
            if best is None or (box := box_of(best, self._least)) is None:
                return None
            best = self._read(image, box)
        return best


def _next_box(before: Boxes | None, points: Points, least: float) -> Boxes | None:
    box = box_of(points, least)
    if before is None or box is None:
        return box
    centre = (box[:2] + box[2:]) / 2
    extent = np.maximum(box[2:] - box[:2], _SHRINKS * (before[2:] - before[:2]))
    return np.concatenate([centre - extent / 2, centre + extent / 2]).astype(np.float32)
