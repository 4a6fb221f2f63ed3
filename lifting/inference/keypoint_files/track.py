"""What a keypoint file holds: people, each followed over frames."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lifting.cameras import Camera
from lifting.errors import InputError

Array = NDArray[np.float64]
Size = tuple[float, float]

# Frames between the first and the last of a person, per frame that shows it. Videos stay far below; the
# numbers of photographs, and those of frames that were picked, do not.
_SPARSEST = 50


@dataclass(frozen=True)
class Wanted:
    """What is said of a file besides its content.

    Attributes:
        skeleton: Joint set of the keypoints, where the file does not tell.
        size: Width and height of the images, where the file does not tell.
        stills: Whether the frames are photographs that have nothing to do with each other.
        source: Which 2D source of a clip store.
    """

    skeleton: str | None = None
    size: Size | None = None
    stills: bool = False
    source: str | None = None


@dataclass(frozen=True)
class Track:
    """One person.

    Attributes:
        name: What to call it.
        frames: Numbers of the frames ``(T,)``, rising.
        keypoints: Pixels ``(T, K, 2)``.
        confidence: ``(T, K)``, 0 to 1; what is missing has 0.
        skeleton: Joint set of the keypoints.
        size: Width and height of the images, if known.
        fps: Frames per second, if known.
        camera: The camera, if known.
    """

    name: str
    frames: NDArray[np.int64]
    keypoints: Array
    confidence: Array
    skeleton: str
    size: Size | None = None
    fps: float | None = None
    camera: Camera | None = None

    def whole(self, where: str) -> "Track":
        """Return the track with every frame from the first to the last, also those without the person.

        Args:
            where: The file, for messages.

        Raises:
            InputError: If by far the most frames are without.
        """
        first, last = int(self.frames[0]), int(self.frames[-1])
        count = last - first + 1
        if count > _SPARSEST * len(self.frames) + _SPARSEST:
            raise InputError(
                f"'{self.name}' is on {len(self.frames):,} of the frames {first:,} to "
                f"{last:,}, which are no video then",
                where,
                "add --stills to lift each by itself.",
            )
        keypoints = np.zeros((count, *self.keypoints.shape[1:]))
        confidence = np.zeros((count, *self.confidence.shape[1:]))
        keypoints[self.frames - first] = self.keypoints
        confidence[self.frames - first] = self.confidence
        frames = np.arange(first, last + 1)
        return replace(self, frames=frames, keypoints=keypoints, confidence=confidence)


def checked_track(
    name: str,
    points: Array,
    frames: NDArray[np.int64],
    skeleton: str,
    size: Size | None = None,
    fps: float | None = None,
    camera: Camera | None = None,
) -> Track:
    """Return a track of points with confidences ``(T, K, 3)``; what is not finite is missing."""
    there = np.isfinite(points).all(-1, keepdims=True)
    clean = np.where(there, points, 0.0)
    # Detectors give heights of heat-maps as confidence, which may lie a little above one.
    sure = clean[..., 2].clip(0, 1)
    return Track(name, frames, clean[..., :2], sure, skeleton, size, fps, camera)
