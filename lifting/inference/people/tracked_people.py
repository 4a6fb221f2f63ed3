"""Tracks of the people on a video: one pass over its frames, of which only keypoints are kept."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from lifting.inference.detectors.interfaces import Frame, PersonTracker, Points


@dataclass(frozen=True)
class TrackedPerson:
    """A person who was tracked.

    Attributes:
        frames: Numbers of the frames ``(T,)``, rising, on which the person was seen.
        keypoints: Pixels and confidence ``(T, K, 3)``.
    """

    frames: NDArray[np.int64]
    keypoints: Points


def track_people(
    frames: Iterable[Frame],
    tracker: PersonTracker,
    chunk: int,
    stopped: Callable[[], bool],
    advance: Callable[[int], object],
) -> tuple[list[TrackedPerson], int]:
    """Return everyone on a video, in the order of their first frames, and the number of frames.

    Args:
        frames: The video.
        tracker: Tracks the people.
        chunk: Frames that are given to it together.
        stopped: Whether to end with the people seen so far.
        advance: Told how many frames are done.
    """
    seen: dict[int, tuple[list[int], list[Points]]] = {}
    count = 0
    stream = iter(frames)
    while some := list(islice(stream, chunk)):
        for frame, people in zip(some, tracker.track(some), strict=True):
            for detection in people:
                numbers, keypoints = seen.setdefault(detection.person, ([], []))
                numbers.append(frame.number)
                keypoints.append(detection.keypoints)
        count += len(some)
        advance(len(some))
        if stopped():
            break
    return [TrackedPerson(np.array(n), np.stack(p)) for n, p in seen.values()], count
