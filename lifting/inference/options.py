"""Options of reading keypoint files and of lifting them, with their defaults."""

from dataclasses import dataclass
from inspect import signature
from typing import Any, TypeVar

from lifting.errors import InputError
from lifting.inference.keypoint_filters import parse_filter
from lifting.keypoints.threshold import LEAST_CONFIDENCE, check_least_confidence

SMOOTHING = ("one_euro", "savgol", "none")
_Options = TypeVar("_Options")


@dataclass(frozen=True)
class ReadOptions:
    """What is known of a keypoint file besides its content.

    Args:
        skeleton: Joint set of the keypoints, if the file does not say.
        width: Width of the images in pixels, if the file does not say.
        height: Their height; 3 or less is how tall the people are, metres, as person_height says it.
        stills: The frames are photographs, each lifted by itself.
        source: Which 2D source of a clip store.
        format: npz, rtmlib, detectron2, coco, alphapose, openpose, mmpose, ultralytics, mediapipe, trc,
            deeplabcut or store; by the content where not given.
        least_confidence: Keypoints of less confidence are missing; at 0 all count that have any.

    Raises:
        InputError: If one side of the images alone is given, or a value is out of range.
    """

    skeleton: str | None = None
    width: float | None = None
    height: float | None = None
    stills: bool = False
    source: str | None = None
    format: str | None = None
    least_confidence: float = LEAST_CONFIDENCE

    def __post_init__(self) -> None:
        check_least_confidence(self.least_confidence)
        if (self.width is None) != (self.height is None):
            raise InputError("Width and height go together: give both, or leave both out.")

    @property
    def size(self) -> tuple[float, float] | None:
        """Width and height of the images in pixels, if given."""
        return None if self.width is None or self.height is None else (self.width, self.height)


@dataclass(frozen=True)
class LiftOptions:
    """How the keypoints of a recording are lifted.

    Args:
        fps: Frames per second; as in the file where not given.
        flip_test: Average with the prediction of the mirrored keypoints, at twice the time.
        smooth: one_euro, which sees the past only and lags, savgol, or none. Commands that are given
            no checkpoint smooth by savgol.
        smooth_keypoints: Smooth the keypoints before they are lifted: butterworth, butterworth:6 for a
            cut-off of 6 Hz, one_euro or savgol.
        trajectory: Say where the root is as well: as the method predicts it, or else where the pose
            projects best onto the keypoints. Without a known camera its distance is a guess.
        dilation: Distance between neighbouring frames of a window; where not given, the one at which
            windows come nearest to the frames per second of training, if both are known.
        batch_frames: Frames that go through the network together, which bounds the memory.
        device: cpu or cuda; a GPU is taken where there is one.

    Raises:
        InputError: If a value is out of range.
    """

    fps: float | None = None
    flip_test: bool = False
    smooth: str | None = None
    smooth_keypoints: str | None = None
    trajectory: bool = False
    dilation: int | None = None
    batch_frames: int = 4096
    device: str | None = None

    def __post_init__(self) -> None:
        if self.fps is not None and not 0 < self.fps < float("inf"):
            raise InputError(f"fps is {self.fps}: give frames per second.")
        if self.smooth is not None:
            check_smoothing(self.smooth)
        if self.smooth_keypoints is not None:
            parse_filter(self.smooth_keypoints)
        for name in ("dilation", "batch_frames"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise InputError(f"{name} is {value}: give at least 1.")


def check_smoothing(method: str) -> None:
    """Refuse an unknown way of smoothing.

    Raises:
        InputError: If there is no such filter.
    """
    if method not in SMOOTHING:
        raise InputError(f"There is no smoothing '{method}'; known are {', '.join(SMOOTHING)}.")


def pop_options(kind: type[_Options], options: dict[str, Any], *shared: str) -> _Options:
    """Return a dataclass of options made of those that are its fields, which are taken out.

    Args:
        kind: The dataclass.
        options: By name.
        *shared: Fields that another dataclass has as well, which stay.

    Raises:
        InputError: If one of them is wrong.
    """
    own = {name: options[name] for name in signature(kind).parameters if name in options}
    for name in own.keys() - set(shared):
        del options[name]
    return kind(**own)
