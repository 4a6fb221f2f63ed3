"""History of one person's keypoints by time, and the window of frames that ends now."""

from collections import deque
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray


class _Entry(NamedTuple):
    time: float
    points: Float[ndarray, "K 2"]
    confidence: Float[ndarray, " K"]


class KeypointHistory:
    """Keeps the last keypoints of a person, and samples from them the window of a causal lifter.

    A keypoint that is not seen stays where it was seen last, and before it was first seen it is where it
    was then: the future, between which and the past a file is interpolated, is not known. Frames before
    the first are the first one, as at the edge of a clip.

    Args:
        frames: Frames of the window.
        rate: Frames per second of the window; its frames are interpolated between those that were
            added. None takes those that were added themselves, whenever they came.
        max_gap: Seconds after which a person who was not seen is somebody new.
    """

    def __init__(self, frames: int, rate: float | None, max_gap: float) -> None:
        self.frames, self.rate, self.max_gap = frames, rate, max_gap
        self._entries: deque[_Entry] = deque()
        self._last_seen = -np.inf

    def __len__(self) -> int:
        """Return how many frames are kept."""
        return len(self._entries)

    @property
    def last_time(self) -> float:
        """Time of the last frame, seconds; minus infinity where there is none."""
        return self._entries[-1].time if self._entries else -np.inf

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._last_seen = -np.inf

    def add(
        self,
        time: float,
        points: Float[ndarray, "K 2"],
        confidence: Float[ndarray, " K"],
    ) -> bool:
        """Add a frame, later than all before, and return whether it is the first one.

        Args:
            time: Seconds.
            points: Pixels; of keypoints that are not seen they do not matter.
            confidence: 0 where a keypoint is not seen.
        """
        if time - self._last_seen > self.max_gap:
            self._entries.clear()
        seen = confidence > 0
        if seen.any():
            self._last_seen = time
        begins = not self._entries
        before = np.full_like(points, np.nan) if begins else self._entries[-1].points
        held = np.where(seen[:, None], points, before)
        first = seen & np.isnan(before).any(-1)
        if first.any():
            for entry in self._entries:
                entry.points[first] = points[first]
        self._entries.append(_Entry(time, held, confidence))
        self._trim()
        return begins

    def _trim(self) -> None:
        entries = self._entries
        if self.rate is None:
            while len(entries) > self.frames:
                entries.popleft()
            return
        # One frame at the begin of the window, or before it, to interpolate from.
        begin = entries[-1].time - (self.frames - 1) / self.rate
        while len(entries) > 1 and entries[1].time <= begin:
            entries.popleft()

    def window(self) -> tuple[Float[ndarray, "T K 2"], Float[ndarray, "T K"]]:
        """Return pixels and confidences of the window that ends with the last frame.

        A keypoint that was seen in no frame yet is NaN, of confidence 0.
        """
        times, points, confidence = (
            np.stack(column) for column in zip(*self._entries, strict=True)
        )
        back = np.arange(self.frames - 1, -1, -1)
        if self.rate is None or len(times) == 1:
            rows = np.maximum(len(times) - 1 - back, 0)
            return points[rows], confidence[rows]
        wanted = times[-1] - back / self.rate
        left = np.clip(np.searchsorted(times, wanted, side="right") - 1, 0, len(times) - 2)
        share = (wanted - times[left]) / (times[left + 1] - times[left])
        return _between(points, confidence, left, share.clip(0, 1))


def _between(
    points: Float[ndarray, "N K 2"],
    confidence: Float[ndarray, "N K"],
    left: ndarray,
    share: Float[ndarray, " T"],
) -> tuple[Float[ndarray, "T K 2"], Float[ndarray, "T K"]]:
    """Interpolate between frames and those after them; from what is unseen on one side, not at all."""
    nearest = left + (share >= 0.5)
    both: Bool[ndarray, "T K"] = (confidence[left] > 0) & (confidence[left + 1] > 0)
    mixed = confidence[left] + share[:, None] * (confidence[left + 1] - confidence[left])
    moved = points[left] + share[:, None, None] * (points[left + 1] - points[left])
    return (
        np.where(both[..., None], moved, points[nearest]),
        np.where(both, mixed, confidence[nearest]),
    )
