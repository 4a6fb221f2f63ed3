"""Interfaces of person detectors, pose estimators and person trackers.

Images are RGB, upright. Boxes are left, top, right, bottom; they and the keypoints are pixels of the
image, counted from its left upper corner, so that the centre of the first pixel is at 0.5.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Boxes = NDArray[np.float32]
Points = NDArray[np.float32]


@runtime_checkable
class Frame(Protocol):
    """A frame of a video."""

    @property
    def number(self) -> int:
        """Its place among all frames, from 0."""

    @property
    def image(self) -> Image:
        """RGB ``(H, W, 3)``."""


@runtime_checkable
class PersonDetector(Protocol):
    """Detects people on frames."""

    def detect(self, frames: Sequence[Frame]) -> list[Boxes]:
        """Return for each frame the boxes ``(N, 4)`` of the people on it."""


@runtime_checkable
class PoseEstimator(Protocol):
    """Estimates the keypoints of people whose boxes are known."""

    skeleton: str

    def estimate(self, images: Sequence[Image], boxes: Sequence[Boxes]) -> list[Points]:
        """Return for each image the keypoints and confidences ``(N, K, 3)`` of those in the boxes."""


class Detection(NamedTuple):
    """A person on a frame.

    Attributes:
        person: Number of the person, the same in all frames.
        keypoints: Pixels and confidence ``(K, 3)``.
    """

    person: int
    keypoints: Points


@runtime_checkable
class PersonTracker(Protocol):
    """Tracks people over consecutive frames."""

    skeleton: str

    def track(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """Return for each frame the people on it; frames come in their order, some at a time."""
