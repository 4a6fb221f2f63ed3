"""Several people: found on every frame, followed by their boxes."""

from collections.abc import Mapping, Sequence

import numpy as np

from lifting.inference.detectors.interfaces import (
    Boxes,
    Frame,
    PersonFinder,
    Points,
    PoseFinder,
    Sighting,
)
from lifting.inference.people.iou_tracker import Tracker

# A person shows at least this share of its keypoints.
_LEAST_SHARE = 1 / 3


def is_person(points: Points, least: float) -> bool:
    """Tell whether enough keypoints of a person are seen.

    Args:
        points: Pixels and confidence ``(K, 3)``.
        least: Keypoints less sure are not seen.
    """
    return bool((points[:, 2] >= least).mean() >= _LEAST_SHARE)


class KnownBoxes:
    """People whose boxes are known already.

    Args:
        boxes: Boxes (left, top, right, bottom) by the number of the frame.
    """

    def __init__(self, boxes: Mapping[int, Sequence[Sequence[float]]]) -> None:
        self._boxes = {n: np.array(some, np.float32).reshape(-1, 4) for n, some in boxes.items()}

    def find(self, frames: Sequence[Frame]) -> list[Boxes]:
        """Return for each frame the boxes ``(N, 4)`` of the people on it."""
        none = np.zeros((0, 4), np.float32)
        return [self._boxes.get(frame.number, none) for frame in frames]


class Finding:
    """Sees everyone that a finder finds; frames go through finder and reader together.

    Args:
        finder: Says where people are.
        pose: Reads their keypoints.
        least: Keypoints less sure than this are not seen.
        patience: Frames that a person may be out of sight.
    """

    def __init__(self, finder: PersonFinder, pose: PoseFinder, least: float, patience: int) -> None:
        self.skeleton = pose.skeleton
        self._finder, self._pose, self._least = finder, pose, least
        self._tracker = Tracker(patience)

    def see(self, frames: Sequence[Frame]) -> list[list[Sighting]]:
        """Return for each frame who is on it."""
        boxes = self._finder.find(frames)
        read = self._pose.read([frame.image for frame in frames], boxes)
        seen = []
        for frame, some, points in zip(frames, boxes, read, strict=True):
            people = zip(self._tracker.follow(frame.number, some), points, strict=True)
            seen.append([Sighting(*one) for one in people if is_person(one[1], self._least)])
        return seen
