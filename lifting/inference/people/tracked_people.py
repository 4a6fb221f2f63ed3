"""The first pass over a video: who is seen where. Of the frames nothing is kept but the keypoints."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from lifting.inference.detectors.interfaces import Frame, Points, Watcher


@dataclass(frozen=True)
class Person:
    """Somebody who was followed.

    Attributes:
        frames: Numbers of the frames ``(T,)``, rising, on which the person was seen.
        points: Pixels and confidence of the keypoints ``(T, K, 3)``.
    """

    frames: NDArray[np.int64]
    points: Points


def watch(
    frames: Iterable[Frame],
    watcher: Watcher,
    together: int,
    stopped: Callable[[], bool],
    advance: Callable[[int], object],
) -> tuple[list[Person], int]:
    """Return everyone on a video, in the order of their first frames, and how many frames there were.

    Args:
        frames: The video.
        watcher: What sees people.
        together: Frames that are given to it together.
        stopped: Whether to go on with what was seen so far.
        advance: Told how many frames are done.
    """
    seen: dict[int, tuple[list[int], list[Points]]] = {}
    count = 0
    stream = iter(frames)
    while some := list(islice(stream, together)):
        for frame, people in zip(some, watcher.see(some), strict=True):
            for who, points in people:
                numbers, places = seen.setdefault(who, ([], []))
                numbers.append(frame.number)
                places.append(points)
        count += len(some)
        advance(len(some))
        if stopped():
            break
    return [Person(np.array(n), np.stack(p)) for n, p in seen.values()], count
