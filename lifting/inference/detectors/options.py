"""Options of detectors: what finds people and their keypoints on videos, photographs and cameras."""

from dataclasses import dataclass

from lifting.errors import InputError
from lifting.inference.defaults import DETECTOR
from lifting.keypoints.threshold import LEAST_CONFIDENCE, check_least_confidence

LIBRARIES = ("onnxruntime", "rtmlib")


@dataclass(frozen=True)
class DetectorOptions:
    """How people and their keypoints are detected.

    Args:
        detector: Estimates keypoints: the name of a model, such as blazepose or rtmlib:balanced, a
            checkpoint of a detector, or an ONNX model; blazepose where not given.
        boxes: Tells where people are: an ONNX model (YOLOX), or a JSON list as COCO's results; where
            not given, blazepose and rtmlib's named models find people themselves, and for the others
            one person is tracked by its keypoints.
        library: Runs ONNX models: onnxruntime, or rtmlib, which has to be installed.
        crop: Width and height of the crops that a checkpoint was trained on.
        least_confidence: Keypoints of less confidence are missing; at 0 all count that have any.
        patience: Frames that a person may be out of sight; who comes back later is a new person.
        skeleton: Joint set of the keypoints, if neither model nor file says.
        device: cpu or cuda; a GPU is taken where there is one.

    Raises:
        InputError: If a value is out of range.
    """

    detector: str | None = None
    boxes: str | None = None
    library: str = "onnxruntime"
    crop: tuple[int, int] = (192, 256)
    least_confidence: float = LEAST_CONFIDENCE
    patience: int = 25
    skeleton: str | None = None
    device: str | None = None

    def __post_init__(self) -> None:
        if self.library not in LIBRARIES:
            raise InputError(f"--library is {self.library}: choose {' or '.join(LIBRARIES)}.")
        if min(self.crop) < 1:
            raise InputError(f"--crop is {self.crop}: give width and height in pixels.")
        check_least_confidence(self.least_confidence)
        if self.patience < 0:
            raise InputError(f"--patience is {self.patience}: give frames, 0 or more.")

    @property
    def name(self) -> str:
        """The detector that is named, or else the default one."""
        return DETECTOR if self.detector is None else self.detector
