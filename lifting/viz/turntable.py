"""Projection of points on a turntable, by hand: without 3D axes it is fast."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

ELEVATION = np.radians(12)
# Distance of the eye in reaches of what is shown: without perspective the eye cannot tell which way a
# pose turns.
DISTANCE = 6.0


class Turntable:
    """View of points on a turntable, from a little above.

    Args:
        points: Points that stay in sight at every angle: right, forward, up; NaN does not count.

    Attributes:
        centre: The point that it turns about.
        reach: Distance of the farthest point from it.
    """

    def __init__(self, points: Float[ndarray, "*n 3"]) -> None:
        points = points.reshape(-1, 3)
        points = points[np.isfinite(points).all(-1)]
        if not len(points):
            points = np.zeros((1, 3))
        self._low = points.min(0)
        self.centre = (self._low + points.max(0)) / 2
        self.reach = max(float(np.linalg.norm(points - self.centre, axis=-1).max()), 1e-6)

    def project(self, points: Float[ndarray, "*n 3"], angle: float) -> Float[ndarray, "*n 3"]:
        """Return right and up on the screen, and the depth, in reaches.

        Args:
            points: Right, forward, up.
            angle: Angle that the table is turned by, radians.
        """
        x, y, z = np.moveaxis((points - self.centre) / self.reach, -1, 0)
        cos, sin = np.cos(angle), np.sin(angle)
        x, y = cos * x - sin * y, sin * x + cos * y
        cos, sin = np.cos(ELEVATION), np.sin(ELEVATION)
        depth, up = cos * y - sin * z, sin * y + cos * z
        shrink = DISTANCE / (DISTANCE + depth)
        return np.stack([x * shrink, up * shrink, depth], -1)

    def grid(self) -> Float[ndarray, "lines 2 3"]:
        """Return the lines of the floor, at the height of the lowest point."""
        ticks = np.linspace(-1, 1, 7) * 0.6 * self.reach
        along = np.stack([np.stack([ticks, np.full(7, end)], -1) for end in ticks[[0, -1]]], 1)
        lines = np.concatenate([along, along[..., ::-1]])
        heights = np.full((*lines.shape[:2], 1), self._low[2])
        return np.concatenate([lines + self.centre[:2], heights], -1)
