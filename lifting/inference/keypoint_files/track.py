"""Keypoints of one person over frames."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lifting.cameras import Camera
from lifting.errors import InputError, Option, Phrase
from lifting.keypoints.entries import rises

Array = NDArray[np.float64]
Size = tuple[float, float]

# Frames between the first and the last of a person, per frame that shows it. Videos stay far below; the
# numbers of photographs, and those of frames that were picked, do not.
_SPARSEST = 50


@dataclass(frozen=True)
class KeypointTrack:
    """The keypoints of one person over frames.

    Attributes:
        name: Name of the person.
        frames: Numbers of the frames ``(T,)``, rising.
        keypoints: Pixels ``(T, K, 2)``.
        confidence: ``(T, K)``, 0 to 1; what is missing has 0.
        skeleton: Joint set of the keypoints.
        size: Width and height of the images, if known.
        fps: Frames per second, if known.
        camera: The camera, if known.
        times: Seconds of the frames ``(T,)``, rising, frame 0 being at 0, if known better than from
            ``fps``.
    """

    name: str
    frames: NDArray[np.int64]
    keypoints: Array
    confidence: Array
    skeleton: str
    size: Size | None = None
    fps: float | None = None
    camera: Camera | None = None
    times: Array | None = None

    def contiguous(self, where: object) -> "KeypointTrack":
        """Return the track with every frame from the first to the last, also those without the person.

        Raises:
            InputError: If by far the most frames are without the person.
        """
        first, last = int(self.frames[0]), int(self.frames[-1])
        count = last - first + 1
        if count > _SPARSEST * len(self.frames) + _SPARSEST:
            part = f"{len(self.frames):,} of the frames {first:,} to {last:,}: no video"
            raise InputError(
                f"'{self.name}' is on {part}", where, Phrase("lift them with {}.", Option("stills"))
            )
        keypoints = np.zeros((count, *self.keypoints.shape[1:]))
        confidence = np.zeros((count, *self.confidence.shape[1:]))
        keypoints[self.frames - first] = self.keypoints
        confidence[self.frames - first] = self.confidence
        frames = np.arange(first, last + 1)
        times = None if self.times is None else np.interp(frames, self.frames, self.times)
        return replace(self, frames=frames, keypoints=keypoints, confidence=confidence, times=times)

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Whether each keypoint is seen, ``(T, K)``."""
        return self.confidence > 0

    def rows(self, rows: slice) -> "KeypointTrack":
        """Return the track on some of its frames."""
        return replace(
            self,
            frames=self.frames[rows],
            keypoints=self.keypoints[rows],
            confidence=self.confidence[rows],
            times=None if self.times is None else self.times[rows],
        )

    def seconds(self, fps: float | None) -> Array:
        """Return the seconds of the frames ``(T,)``, NaN where neither they nor the rate are known.

        Args:
            fps: Frames per second, where the times are not known.
        """
        if self.times is not None:
            return self.times
        return self.frames / (np.nan if fps is None else fps)

    def trimmed(self) -> "KeypointTrack":
        """Return the track from the first to the last frame on which anything is seen."""
        rows = np.flatnonzero(self.seen.any(1))
        return self.rows(slice(rows[0], rows[-1] + 1)) if len(rows) else self


def select_tracks(
    tracks: list[KeypointTrack], name: str | None, where: object
) -> list[KeypointTrack]:
    """Return the tracks of a name; all, where none is given.

    Raises:
        InputError: If nobody has that name.
    """
    selected = [track for track in tracks if name in (None, track.name)]
    if not selected:
        raise no_such_person(name, [track.name for track in tracks], where)
    return selected


def timed(
    track: KeypointTrack,
    times: Array | None,
    where: object,
    frames: NDArray[np.int64] | None = None,
) -> KeypointTrack:
    """Return a track with the seconds of its frames, where they are known.

    Args:
        track: The track.
        times: Seconds.
        where: The file, for errors.
        frames: Numbers of the frames that these are of, rising; those of the track where not given.

    Raises:
        InputError: If they do not rise.
    """
    if times is None:
        return track
    own = times if frames is None else times[np.searchsorted(frames, track.frames)]
    if not rises(own):
        remedy = "leave it out, or give seconds."
        raise InputError("its 'time' does not rise", f"{where}: {track.name}", remedy)
    return replace(track, times=own)


def no_such_person(
    name: str | None,
    names: Sequence[str],
    where: object,
    remedy: str = Phrase("name one of them with {}.", Option("track")),
) -> InputError:
    """Return the error of a name that nobody has, with the first ten of those there are."""
    return InputError(f"shows no '{name}', but {', '.join(names[:10])}", where, remedy)


def track_from_points(
    name: str,
    points: Array,
    frames: NDArray[np.int64],
    skeleton: str,
    size: Size | None = None,
    fps: float | None = None,
    camera: Camera | None = None,
) -> KeypointTrack:
    """Return the track of points with confidences ``(T, K, 3)``; what is not finite is missing."""
    finite = np.isfinite(points).all(-1, keepdims=True)
    clean = np.where(finite, points, 0.0)
    confidence = clean[..., 2]
    return KeypointTrack(name, frames, clean[..., :2], confidence, skeleton, size, fps, camera)
