"""The two networks of BlazePose, from images to people and to landmarks."""

from pathlib import Path

from lifting.inference.detectors.blazepose import landmarks as landmark_decoding
from lifting.inference.detectors.blazepose import person_detection
from lifting.inference.detectors.blazepose.landmarks import Landmarks
from lifting.inference.detectors.blazepose.litert_model import LiteRtModel
from lifting.inference.detectors.blazepose.person_detection import DetectedPerson
from lifting.inference.detectors.blazepose.regions import Region, letterbox
from lifting.inference.detectors.blazepose.sampling import sample
from lifting.inference.detectors.interfaces import Image

# The person detector's, and that of the landmarks.
MODEL_FILES = ("pose_detection.tflite", "pose_landmark_full.tflite")

_ANCHORS = 2254
_LANDMARKS = 39
_PERSON_OUTPUTS = ((1, _ANCHORS, 12), (1, _ANCHORS, 1))
_LANDMARK_OUTPUTS = (
    (1, 5 * _LANDMARKS),
    (1, 1),
    (1, 256, 256, 1),
    (1, 64, 64, _LANDMARKS),
    (1, 3 * _LANDMARKS),
)


class BlazePose:
    """BlazePose (Bazarevsky et al., 2020; GHUM, Grishchenko et al., 2022) from MediaPipe's model files.

    Args:
        folder: Folder of ``pose_detection.tflite`` and ``pose_landmark_full.tflite``.
        threads: Threads that the networks run on.

    Raises:
        InputError: If ``ai-edge-litert`` is not installed, or a file is missing or damaged.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        person, landmarks = (folder / name for name in MODEL_FILES)
        self._person = LiteRtModel(person, person_detection.SIZE, _PERSON_OUTPUTS, threads)
        self._landmarks = LiteRtModel(landmarks, landmark_decoding.SIZE, _LANDMARK_OUTPUTS, threads)

    def detect(self, image: Image, shown: Region | None = None) -> list[DetectedPerson]:
        """Return the people on an image, or on an upright part of it, by falling score."""
        shown = shown or letterbox(image.shape[1], image.shape[0])
        pixels = sample(image, shown, person_detection.SIZE, repeat_edge=False)
        raw, logits = self._person(pixels, lowest=-1)
        return person_detection.people(raw, logits[:, 0], shown)

    def landmarks(self, image: Image, region: Region) -> Landmarks:
        """Return the landmarks of the person in a region; its score tells whether there is one."""
        pixels = sample(image, region, landmark_decoding.SIZE, repeat_edge=True)
        raw, score, _, heatmaps, metres = self._landmarks(pixels, lowest=0)
        return landmark_decoding.decode(
            raw.reshape(_LANDMARKS, 5),
            float(score[0]),
            heatmaps,
            metres.reshape(_LANDMARKS, 3),
            region,
        )
