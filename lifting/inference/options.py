"""Options of lifting a recording, with their defaults."""

from dataclasses import dataclass

from lifting.errors import InputError

SMOOTHING = ("one_euro", "savgol")


@dataclass(frozen=True)
class LiftOptions:
    """How the keypoints of a recording are lifted.

    Args:
        fps: Frames per second; as in the file where not given.
        flip_test: Average with the prediction of the mirrored keypoints, at twice the time.
        smooth: one_euro, which sees the past only and lags, or savgol.
        trajectory: Say where the root is as well: as the method predicts it, or else where the pose
            projects best onto the keypoints. Without a known camera its distance is a guess.
        dilation: Distance between neighbouring frames of a window, as in training.
        batch_frames: Frames that go through the network together, which bounds the memory.
        device: cpu or cuda; a GPU is taken where there is one.

    Raises:
        InputError: If a value is out of range.
    """

    fps: float | None = None
    flip_test: bool = False
    smooth: str | None = None
    trajectory: bool = False
    dilation: int = 1
    batch_frames: int = 4096
    device: str | None = None

    def __post_init__(self) -> None:
        if self.fps is not None and not 0 < self.fps < float("inf"):
            raise InputError(f"fps is {self.fps}: give frames per second.")
        if self.smooth is not None:
            check_smoothing(self.smooth)
        for name in ("dilation", "batch_frames"):
            if (value := getattr(self, name)) < 1:
                raise InputError(f"{name} is {value}: give at least 1.")


def check_smoothing(method: str) -> None:
    """Refuse an unknown way of smoothing.

    Raises:
        InputError: If there is no such filter.
    """
    if method not in SMOOTHING:
        raise InputError(
            f"There is no smoothing '{method}'", remedy=f"known are {', '.join(SMOOTHING)}."
        )
