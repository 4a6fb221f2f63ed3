"""Motion of one person as other programs take it: metres, y up, a time per frame."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float64, Int
from numpy import ndarray

from lifting.errors import InputError, Option, Phrase
from lifting.keypoints.frame_times import at_times, even_frames
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
        times: Seconds of the frames, rising, where these do not follow at ``fps``.
    """

    name: str
    frames: Int[ndarray, " T"]
    pose: Float[ndarray, "T J 3"]
    known: Bool[ndarray, "T J"]
    skeleton: str
    fps: float | None = None
    trajectory: Float[ndarray, "T 3"] | None = None
    times: Float64[ndarray, " T"] | None = None

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

    @property
    def seconds(self) -> Float64[ndarray, " T"]:
        """Seconds of the frames; NaN where they are not known."""
        if self.times is not None:
            return self.times
        return self.frames / (np.nan if self.fps is None else self.fps)

    def even(self, rate: float | None) -> "Motion":
        """Return the motion at even times, for formats that hold no others.

        Positions between two frames are interpolated, and known where both frames know them.

        Args:
            rate: Frames per second, where its own frames do not follow at ``fps``.
        """
        if self.times is None or rate is None:
            return self
        times, frames = self.times, even_frames(self.times, rate)

        def between(values: ndarray) -> ndarray:
            return at_times(values.astype(np.float64), times, frames / rate).astype(np.float32)

        return replace(
            self,
            frames=frames,
            pose=between(self.pose),
            known=between(self.known) == 1,
            trajectory=None if self.trajectory is None else between(self.trajectory),
            fps=rate,
            times=None,
        )

    def rate(self, format_name: str) -> float:
        """Return the frames per second, which a format needs.

        Raises:
            InputError: If they are not known.
        """
        if self.fps is None or not 0 < self.fps < np.inf:
            what = f"{format_name} holds frames per second, and fps is {self.fps}"
            raise InputError(what, self.name, Phrase("give them with {}.", Option("fps")))
        return float(self.fps)
