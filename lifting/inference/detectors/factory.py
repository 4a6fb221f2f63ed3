"""Which finder and reader the files of a user are for."""

from dataclasses import dataclass
from pathlib import Path

from lifting.errors import InputError
from lifting.inference.detectors.checkpoint_estimator import OwnDetector
from lifting.inference.detectors.interfaces import PersonFinder, PoseFinder, Watcher
from lifting.inference.detectors.onnx_person_detector import OnnxBoxes
from lifting.inference.detectors.onnx_pose_estimator import OnnxPose
from lifting.inference.detectors.rtmlib import RtmlibBoxes, RtmlibPose
from lifting.inference.people.detect_and_track import Finding, KnownBoxes
from lifting.inference.people.single_person import Following

LIBRARIES = ("onnxruntime", "rtmlib")


@dataclass(frozen=True)
class Detecting:
    """How people and their keypoints are detected.

    Attributes:
        detector: What reads keypoints: a checkpoint of this suite, or an ONNX model.
        boxes: What says where people are: an ONNX model, or a JSON list as COCO's results. One person is
            followed by its keypoints where not given.
        library: What runs ONNX models, ``onnxruntime`` or ``rtmlib``.
        skeleton: Joint set of the keypoints, where an ONNX model does not tell.
        crop: Width and height of crops, where the detector does not tell.
        least_confidence: Keypoints less sure are not seen.
        patience: Frames that a person may be out of sight.
        device: ``cpu`` or ``cuda``.
    """

    detector: str
    boxes: str | None = None
    library: str = "onnxruntime"
    skeleton: str | None = None
    crop: tuple[int, int] = (192, 256)
    least_confidence: float = 0.1
    patience: int = 25
    device: str | None = None

    def __post_init__(self) -> None:
        if self.library not in LIBRARIES:
            raise InputError(f"--library is {self.library}: choose {' or '.join(LIBRARIES)}.")
        if min(self.crop) < 1:
            raise InputError(f"--crop is {self.crop}: give width and height in pixels.")
        if not 0 <= self.least_confidence <= 1:
            raise InputError(
                f"--least_confidence is {self.least_confidence}: give a confidence from 0 to 1."
            )
        if self.patience < 0:
            raise InputError(f"--patience is {self.patience}: give frames, 0 or more.")


def watcher_of(options: Detecting) -> Watcher:
    """Return what sees people as the options say.

    Raises:
        InputError: If a file is not what it should be.
    """
    pose = _pose(options)
    if options.boxes is None:
        return Following(pose, options.least_confidence, options.patience)
    finder = _finder(options, Path(options.boxes))
    return Finding(finder, pose, options.least_confidence, options.patience)


def _pose(options: Detecting) -> PoseFinder:
    if Path(options.detector).suffix.lower() != ".onnx":
        if options.skeleton is not None:
            raise InputError("a checkpoint tells its joint set", "--skeleton", "leave it out.")
        if any(side % 32 for side in options.crop):
            raise InputError(
                f"--crop is {options.crop}: give multiples of 32, as the detector was trained on."
            )
        return OwnDetector(options.detector, options.crop, options.device)
    if options.library == "rtmlib":
        return RtmlibPose(options.detector, options.skeleton, options.device)
    return OnnxPose(options.detector, options.skeleton, options.crop, options.device)


def _finder(options: Detecting, boxes: Path) -> PersonFinder:
    if boxes.suffix.lower() == ".onnx":
        if options.library == "rtmlib":
            return RtmlibBoxes(boxes, options.device)
        return OnnxBoxes(boxes, device=options.device)
    from datamodules.crops.detected_boxes import read_boxes

    found = read_boxes(boxes)
    try:
        return KnownBoxes({int(frame): some for frame, some in found.items()})
    except ValueError as error:
        raise InputError(
            "an 'image_id' of it is no number of a frame", boxes, "number them from 0."
        ) from error
