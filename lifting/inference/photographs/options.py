"""Options of photographs: what detects the people on them, and what is drawn."""

from dataclasses import dataclass

from lifting.errors import InputError
from lifting.inference.defaults import DETECTOR

_LEAST_HEIGHT = 32


@dataclass(frozen=True)
class PhotographOptions:
    """What detects the people on photographs, and what is drawn of them.

    Args:
        detector: Estimates keypoints: the name of a model, a checkpoint of a detector, or an ONNX model.
        boxes: Tells where people are, an ONNX model (YOLOX); one person is searched for where not given,
            unless the detector finds people itself.
        library: Runs ONNX models: onnxruntime, or rtmlib, which has to be installed.
        crop: Width and height of the crops that a checkpoint was trained on.
        least_confidence: Keypoints of less confidence are missing.
        skeleton: Joint set of the keypoints, if an ONNX model does not say.
        out: Folder of what is written; beside the photographs where not given.
        height: What is drawn is at most so high, pixels; 3 or less is how tall the people are, metres,
            as person_height says it.

    Raises:
        InputError: If the height is too small.
    """

    detector: str = DETECTOR
    boxes: str | None = None
    library: str = "onnxruntime"
    crop: tuple[int, int] = (192, 256)
    least_confidence: float = 0.1
    skeleton: str | None = None
    out: str | None = None
    height: float = 720

    def __post_init__(self) -> None:
        if self.height < _LEAST_HEIGHT:
            raise InputError(f"--height is {self.height}: give at least {_LEAST_HEIGHT}.")
