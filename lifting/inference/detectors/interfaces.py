"""What finds people, what reads their keypoints, and what goes between them.

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
class PersonFinder(Protocol):
    """What says where people are."""

    def find(self, frames: Sequence[Frame]) -> list[Boxes]:
        """Return for each frame the boxes ``(N, 4)`` of the people on it."""


@runtime_checkable
class PoseFinder(Protocol):
    """What reads the keypoints of a person whose box is known."""

    skeleton: str

    def read(self, images: Sequence[Image], boxes: Sequence[Boxes]) -> list[Points]:
        """Return for each image the keypoints and confidences ``(N, K, 3)`` of those in the boxes."""


class Sighting(NamedTuple):
    """A person on a frame.

    Attributes:
        who: Number of the person, the same in all frames.
        points: Pixels and confidence of the keypoints ``(K, 3)``.
    """

    who: int
    points: Points


@runtime_checkable
class Watcher(Protocol):
    """What sees people on consecutive frames and knows them again."""

    skeleton: str

    def see(self, frames: Sequence[Frame]) -> list[list[Sighting]]:
        """Return for each frame who is on it; frames come in their order, some at a time."""
