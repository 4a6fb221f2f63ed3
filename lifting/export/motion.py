"""Motion of one person as other programs take it: metres, y up, a time per frame."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int
from numpy import ndarray

from lifting.errors import InputError, Option, Phrase
from lifting.skeletons import skeleton

# Camera frame (x right, y down, z away; millimetres) to x right, y up, z near; metres.
_FROM_CAMERA = np.array([1e-3, -1e-3, -1e-3])


@dataclass(frozen=True)
class Motion:
    """The lifted poses of one person.

    Attributes:
        name: Name of the person.
        frames: Numbers of the frames, rising by one.
        pose: Camera frame, root-relative millimetres; NaN where not known.
        known: Whether each joint rests on a keypoint that was seen.
        skeleton: Joint set of the poses.
        fps: Frames per second, if known.
        trajectory: Position of the root, camera frame, millimetres; without it, the person stays in
            place.
    """

    name: str
    frames: Int[ndarray, " T"]
    pose: Float[ndarray, "T J 3"]
    known: Bool[ndarray, "T J"]
    skeleton: str
    fps: float | None = None
    trajectory: Float[ndarray, "T 3"] | None = None

    @property
    def joints(self) -> tuple[str, ...]:
        """Names of the joints."""
        return skeleton(self.skeleton).joints

    @property
    def positions(self) -> Float64[ndarray, "T J 3"]:
        """Positions of the joints, metres: x right, y up, z towards the camera."""
        moved = self.pose.astype(np.float64)
        if self.trajectory is not None:
            moved = moved + self.trajectory[:, None]
        return moved * _FROM_CAMERA

    def rate(self, format_name: str) -> float:
        """Return the frames per second, which a format needs.

        Raises:
            InputError: If they are not known.
        """
        if self.fps is None or not 0 < self.fps < np.inf:
            what = f"{format_name} holds frames per second, and fps is {self.fps}"
            raise InputError(what, self.name, Phrase("give them with {}.", Option("fps")))
        return float(self.fps)
