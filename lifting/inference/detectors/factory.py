"""Factory of person trackers from the files and options of a user."""

from dataclasses import dataclass
from pathlib import Path

from datamodules.crops.detected_boxes import read_boxes
from lifting.errors import InputError
from lifting.inference.detectors.checkpoint_estimator import CheckpointPoseEstimator
from lifting.inference.detectors.interfaces import PersonDetector, PersonTracker, PoseEstimator
from lifting.inference.detectors.onnx_person_detector import OnnxPersonDetector
from lifting.inference.detectors.onnx_pose_estimator import OnnxPoseEstimator
from lifting.inference.detectors.rtmlib import RtmlibPersonDetector, RtmlibPoseEstimator
from lifting.inference.people.detect_and_track import DetectAndTrack, KnownBoxes
from lifting.inference.people.single_person import SinglePersonTracker

LIBRARIES = ("onnxruntime", "rtmlib")


@dataclass(frozen=True)
class DetectorOptions:
    """How people and their keypoints are detected.

    Attributes:
        detector: Pose estimator: a checkpoint of this suite, or an ONNX model.
        boxes: Person detector, an ONNX model, or known boxes, a JSON list as COCO's results. One person
            is tracked by its keypoints where not given.
        library: Runs ONNX models, ``onnxruntime`` or ``rtmlib``.
        skeleton: Joint set of the keypoints, if an ONNX model does not say.
        crop: Width and height of crops, if the detector does not say.
        min_confidence: Keypoints of less confidence are not seen.
        patience: Frames that a person may be out of sight.
        device: ``cpu`` or ``cuda``.
    """

    detector: str
    boxes: str | None = None
    library: str = "onnxruntime"
    skeleton: str | None = None
    crop: tuple[int, int] = (192, 256)
    min_confidence: float = 0.1
    patience: int = 25
    device: str | None = None

    def __post_init__(self) -> None:
        if self.library not in LIBRARIES:
            raise InputError(f"--library is {self.library}: choose {' or '.join(LIBRARIES)}.")
        if min(self.crop) < 1:
            raise InputError(f"--crop is {self.crop}: give width and height in pixels.")
        if not 0 <= self.min_confidence <= 1:
            raise InputError(f"--least_confidence is {self.min_confidence}: give 0 to 1.")
        if self.patience < 0:
            raise InputError(f"--patience is {self.patience}: give frames, 0 or more.")


def build_tracker(options: DetectorOptions) -> PersonTracker:
    """Return the person tracker that the options name.

    Raises:
        InputError: If a file is not what it should be.
    """
    pose = _pose_estimator(options)
    if options.boxes is None:
        return SinglePersonTracker(pose, options.min_confidence, options.patience)
    detector = _person_detector(options, Path(options.boxes))
    return DetectAndTrack(detector, pose, options.min_confidence, options.patience)


def _pose_estimator(options: DetectorOptions) -> PoseEstimator:
    if Path(options.detector).suffix.lower() != ".onnx":
        if options.skeleton is not None:
            raise InputError("a checkpoint tells its joint set", "--skeleton", "leave it out.")
        if any(side % 32 for side in options.crop):
            raise InputError(f"--crop is {options.crop}: give multiples of 32, as in training.")
        return CheckpointPoseEstimator(options.detector, options.crop, options.device)
    if options.library == "rtmlib":
        return RtmlibPoseEstimator(options.detector, options.skeleton, options.device)
    return OnnxPoseEstimator(options.detector, options.skeleton, options.crop, options.device)


def _person_detector(options: DetectorOptions, boxes: Path) -> PersonDetector:
    if boxes.suffix.lower() == ".onnx":
        if options.library == "rtmlib":
            return RtmlibPersonDetector(boxes, options.device)
        return OnnxPersonDetector(boxes, device=options.device)
    by_frame = read_boxes(boxes)
    try:
        return KnownBoxes({int(frame): people for frame, people in by_frame.items()})
    except ValueError as error:
        raise InputError("an 'image_id' is no number", boxes, "number frames from 0.") from error
