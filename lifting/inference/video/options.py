"""Options of videos: where keypoints come from, and what is drawn."""

from dataclasses import dataclass

from lifting.errors import InputError
from lifting.inference.defaults import DETECTOR

# The file of the poses, in the folder of the results.
POSES = "poses.npz"
# Smallest values of numbers.
_MINIMA = {"shortest": 1, "height": 32, "page_frames": 0}


@dataclass(frozen=True)
class VideoOptions:
    """Where the keypoints of a video come from, and what is drawn of it.

    Args:
        detector: Estimates keypoints: the name of a model, a checkpoint of a detector, or an ONNX model;
            blazepose where neither it nor keypoints are given.
        boxes: Tells where people are: an ONNX model (YOLOX), or a JSON list as COCO's results; where
            not given, blazepose and rtmlib's models find people themselves, and others track one person.
        library: Runs ONNX models: onnxruntime, or rtmlib, which has to be installed.
        crop: Width and height of the crops that a checkpoint was trained on.
        least_confidence: Keypoints of less confidence are missing.
        patience: Frames that a person may be out of sight; who comes back later is a new person.
        shortest: Who is detected on fewer frames is left out.
        keypoints: A file of keypoints instead of a detector, as `lifting lift` reads them.
        format: Its format; by the content where not given.
        source: Which 2D source of a clip store.
        first: The number that the file gives to the first frame.
        skeleton: Joint set of the keypoints, if neither file nor model says.
        track: Lift this person alone.
        out: Folder of what is written; beside the video, named after it, where not given.
        height: What is drawn is at most so high, pixels; 3 or less is how tall the people are, metres,
            as person_height says it.
        page_frames: Pictures of the video on the page at most; 0 for no page.
        truth: True poses, an .npz, to print the errors of the person that is seen longest.

    Raises:
        InputError: If they contradict each other, or a number is too small.
    """

    detector: str | None = None
    boxes: str | None = None
    library: str = "onnxruntime"
    crop: tuple[int, int] = (192, 256)
    least_confidence: float = 0.1
    patience: int = 25
    shortest: int = 10
    keypoints: str | None = None
    format: str | None = None
    source: str | None = None
    first: int = 0
    skeleton: str | None = None
    track: str | None = None
    out: str | None = None
    height: float = 720
    page_frames: int = 400
    truth: str | None = None

    def __post_init__(self) -> None:
        if self.detector is not None and self.keypoints is not None:
            raise InputError("Give either --detector or --keypoints, where the 2D comes from.")
        if self.boxes is not None and self.detector is None:
            raise InputError("--boxes says where --detector looks: give both, or leave it out.")
        for name, minimum in _MINIMA.items():
            if (value := getattr(self, name)) < minimum:
                raise InputError(f"--{name} is {value}: give at least {minimum}.")

    @property
    def chosen_detector(self) -> str | None:
        """The detector that is named, or else the default one; None where keypoints are read."""
        return self.detector or (DETECTOR if self.keypoints is None else None)
