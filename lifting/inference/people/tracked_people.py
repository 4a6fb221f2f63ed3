"""Tracks of the people on a video: one pass over its frames, of which only keypoints are kept."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from lifting.inference.detectors.interfaces import Frame, PersonTracker, Points
from lifting.inference.keypoint_files import KeypointTrack, track_from_points
from lifting.keypoints.confidence import believed
from lifting.keypoints.threshold import LEAST_CONFIDENCE


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

    The tracker is given ``chunk`` frames together; ``advance`` is told how many are done, and
    ``stopped`` says whether to end with the people seen so far.
    """
    seen: dict[int, tuple[list[int], list[Points]]] = {}
    count = 0
    stream = iter(frames)
    while batch := list(islice(stream, chunk)):
        for frame, people in zip(batch, tracker.track(batch), strict=True):
            for detection in people:
                numbers, keypoints = seen.setdefault(detection.person, ([], []))
                numbers.append(frame.number)
                keypoints.append(detection.keypoints)
        count += len(batch)
        advance(len(batch))
        if stopped():
            break
    return [TrackedPerson(np.array(n), np.stack(p)) for n, p in seen.values()], count


def keypoint_tracks(
    people: Sequence[TrackedPerson],
    skeleton: str,
    size: tuple[int, int],
    fps: float | None,
    where: object,
    min_confidence: float = LEAST_CONFIDENCE,
) -> list[KeypointTrack]:
    """Return the tracks of people from the first to the last frame on which anything is seen.

    Keypoints of less than ``min_confidence`` are missing, and what else
    :func:`lifting.keypoints.confidence.believed` names.

    Raises:
        InputError: If somebody is on so few frames that they are no video.
    """
    sides = float(size[0]), float(size[1])
    tracks = []
    for number, person in enumerate(people):
        points = person.keypoints.astype(np.float64)
        # Heights of heat-maps may lie a little above one.
        points[..., 2] = points[..., 2].clip(0, 1)
        points[~believed(points[..., :2], points[..., 2], sides, min_confidence)] = 0
        track = track_from_points(f"person{number}", points, person.frames, skeleton, sides, fps)
        tracks.append(track.contiguous(where).trimmed())
    return tracks
