"""Regions of interest: squares round a person, turned so that the person stands upright in them.

Coordinates are in pixels of the image, from its left upper corner; angles are in radians, from x to y,
which is clockwise on the image.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy import ndarray

# Sides of a region over the diameter of the circle round the body.
SCALE = 1.25


class Region(NamedTuple):
    """A square region of an image.

    Attributes:
        x: Column of its centre.
        y: Row of its centre.
        side: Length of its sides.
        angle: How far its content is turned, clockwise: 0 where the person stands upright.
    """

    x: float
    y: float
    side: float
    angle: float

    @property
    def matrix(self) -> Float[ndarray, "2 3"]:
        """The affine map from the unit square (0 to 1) to the image."""
        cos, sin = self.side * np.cos(self.angle), self.side * np.sin(self.angle)
        linear = np.array([[cos, -sin], [sin, cos]])
        origin = np.array([self.x, self.y]) - linear @ [0.5, 0.5]
        return np.concatenate([linear, origin[:, None]], 1)

    @property
    def box(self) -> Float[ndarray, "4"]:
        """The upright square of the same centre and size: left, top, right, bottom."""
        half = self.side / 2
        return np.array([self.x - half, self.y - half, self.x + half, self.y + half], np.float32)


def region_of_circle(hips: Float[ndarray, "2"], rim: Float[ndarray, "2"]) -> Region:
    """Return the region of a person from the two points that align it (Bazarevsky et al., 2020).

    Args:
        hips: The middle of the hips, which is that of a circle round the whole body.
        rim: The point of the circle that lies beyond the shoulders, on the line from the hips.
    """
    x, y = (float(value) for value in rim - hips)
    # Upwards is -y of the image.
    angle = np.pi / 2 - np.arctan2(-y, x)
    turned = float(angle - 2 * np.pi * np.floor((angle + np.pi) / (2 * np.pi)))
    return Region(float(hips[0]), float(hips[1]), SCALE * 2 * float(np.hypot(x, y)), turned)


def region_of_box(box: Float[ndarray, "4"]) -> Region:
    """Return the upright region of somebody of whom only the box is known."""
    middle, extent = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
    return Region(float(middle[0]), float(middle[1]), SCALE * float(extent.max()), 0.0)


def letterbox(width: int, height: int) -> Region:
    """Return the region that shows a whole image."""
    return Region(width / 2, height / 2, float(max(width, height)), 0.0)


def tiles(width: int, height: int, fraction: float = 1.0) -> list[Region]:
    """Return square regions that cover an image and overlap by a third at least.

    People are larger in them than in the letterboxed image.

    Args:
        width: That of the image.
        height: That of the image.
        fraction: Sides of the squares over the shorter side of the image.
    """
    side = fraction * min(width, height)
    rows, columns = _centres(height, side), _centres(width, side)
    return [Region(x, y, side, 0.0) for y in rows for x in columns]


def _centres(length: int, side: float) -> list[float]:
    """Return the middles of parts of a length that cover it and overlap by a third at least."""
    count = int(np.ceil((length - side) / (side * 2 / 3) - 1e-6)) + 1
    return [float(x) for x in np.linspace(side / 2, length - side / 2, count)]
