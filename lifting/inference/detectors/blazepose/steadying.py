"""Steadying of the points that align a region from frame to frame."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from lifting.inference.smoothing import low_pass

# Seconds between frames, whatever the video's rate: what the original assumes.
_FRAME = 1 / 30
# Hz, and Hz per (diameter of the circle round the body) / s; that of the speed in Hz.
_MIN_CUTOFF = 0.01
_BETA = 10.0
_SPEED_CUTOFF = 1.0


class SteadyPoints:
    """One-euro filter (Casiez et al., CHI 2012) of the points of one person, in units of its size.

    It holds the region of somebody who stands still at its place, which makes the landmarks steady; it
    does not smooth these. As in MediaPipe each coordinate is filtered by itself.
    """

    def __init__(self) -> None:
        self._frame: int | None = None
        self._raw = self._value = self._speed = np.zeros((2, 2))

    def update(
        self, frame: int, points: Float[ndarray, "2 2"], diameter: float
    ) -> Float[ndarray, "2 2"]:
        """Return the steadied points of a frame; the numbers of frames rise.

        Args:
            frame: Its number.
            points: Pixels.
            diameter: That of the circle round the body, pixels.
        """
        if self._frame is None:
            self._value = points
        else:
            seconds = _FRAME * (frame - self._frame)
            speed = (points - self._raw) / max(diameter, 1e-6) / seconds
            self._speed = self._speed + low_pass(_SPEED_CUTOFF, seconds) * (speed - self._speed)
            cutoff = _MIN_CUTOFF + _BETA * np.abs(self._speed)
            self._value = self._value + low_pass(cutoff, seconds) * (points - self._value)
        self._frame, self._raw = frame, points
        return self._value
