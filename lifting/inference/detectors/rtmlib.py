"""Person detector and pose estimator of rtmlib, from files, and its named models."""

import contextlib
import importlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lifting.errors import InputError, did_you_mean, require
from lifting.inference.detectors.interfaces import Boxes, Frame, Image, Points
from lifting.inference.detectors.onnx_model import OnnxModel
from lifting.skeletons import skeleton

_EXTRA = "rtmlib"


class NamedModels(NamedTuple):
    """Files of one of rtmlib's pairs of models.

    Attributes:
        boxes: Its YOLOX, which detects people.
        pose: Its RTMPose.
        skeleton: Joint set of the keypoints.
    """

    boxes: Path
    pose: Path
    skeleton: str


def named_models(name: str) -> NamedModels:
    """Return the files of ``lightweight``, ``balanced`` or ``performance``, downloaded by rtmlib once.

    They are those of its ``BodyWithFeet``; rtmlib says where from and where to.

    Raises:
        InputError: If rtmlib is not installed, has no such models, or cannot download them.
    """
    rtmlib = require("rtmlib", f"--detector rtmlib:{name}", _EXTRA)
    modes = rtmlib.BodyWithFeet.MODE
    if name not in modes:
        remedy = did_you_mean(name, modes) or f"name one of {', '.join(sorted(modes))}."
        raise InputError("rtmlib has no such models", f"rtmlib:{name}", remedy)
    files = importlib.import_module("rtmlib.tools.file")
    try:
        boxes, pose = (
            Path(files.download_checkpoint(modes[name][part])) for part in ("det", "pose")
        )
    # Without a network, on a full disk, and for an incomplete file.
    except (OSError, RuntimeError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(
            f"rtmlib cannot download its models ({error})",
            f"rtmlib:{name}",
            "go online once, or take `--detector blazepose`.",
        ) from error
    return NamedModels(boxes, pose, "halpe26")


class RtmlibPersonDetector:
    """Person detector: rtmlib's YOLOX.

    Args:
        path: The model; nothing is downloaded.
        device: ``cpu`` or ``cuda``.

    Raises:
        InputError: If rtmlib is not installed, or cannot read the model.
    """

    def __init__(self, path: str | Path, device: str | None = None) -> None:
        self._model = _open("YOLOX", path, (640, 640), device)

    def detect(self, frames: Sequence[Frame]) -> list[Boxes]:
        """Return for each frame the boxes ``(N, 4)`` of the people on it."""
        # YOLOX takes BGR.
        detected = [self._model(np.ascontiguousarray(f.image[..., ::-1])) for f in frames]
        return [np.asarray(boxes, np.float32).reshape(-1, 4) for boxes in detected]


class RtmlibPoseEstimator:
    """Pose estimator: rtmlib's RTMPose.

    Args:
        path: The model; nothing is downloaded.
        joints: Their joint set: ``coco17`` or ``halpe26``, by their number where not given.
        device: ``cpu`` or ``cuda``.

    Attributes:
        skeleton: Joint set of the keypoints.

    Raises:
        InputError: If rtmlib is not installed, or cannot read the model, or its joint set is another.
    """

    def __init__(
        self, path: str | Path, joints: str | None = None, device: str | None = None
    ) -> None:
        self._model = _open("RTMPose", path, (192, 256), device)
        whole = np.array([[0, 0, 8, 8]], np.float32)
        count = self._points(np.zeros((8, 8, 3), np.uint8), whole).shape[1]
        name = joints or {17: "coco17", 26: "halpe26"}.get(count)
        if name is None or len(skeleton(name)) != count:
            what = f"has {count} keypoints, which are those of no known set or not of '{name}'"
            raise InputError(what, path, "name theirs with --skeleton.")
        self.skeleton = name

    def estimate(self, images: Sequence[Image], boxes: Sequence[Boxes]) -> list[Points]:
        """Return for each image the keypoints and confidences ``(N, K, 3)`` of those in the boxes."""
        pairs = zip(images, boxes, strict=True)
        none = np.zeros((0, len(skeleton(self.skeleton)), 3), np.float32)
        # Where there are no boxes, it would take the whole image.
        return [self._points(image, people) if len(people) else none for image, people in pairs]

    def _points(self, image: Image, boxes: Boxes) -> Points:
        # It normalises by RGB statistics and does not exchange colours, so it must be given RGB.
        points, scores = self._model(image, bboxes=boxes)
        # Its pixels count from the centre of the first.
        parts = np.asarray(points) + 0.5, np.clip(scores, 0, 1)[..., None]
        return np.concatenate(parts, -1).astype(np.float32)


def _open(kind: str, path: str | Path, default: tuple[int, int], device: str | None) -> Any:
    rtmlib = require("rtmlib", "--library rtmlib", _EXTRA)
    # Refused here, rtmlib does not download it.
    size = OnnxModel(path, default, "cpu").size
    order = size[::-1] if kind == "YOLOX" else size
    # It says on standard output what it opens.
    with contextlib.redirect_stdout(io.StringIO()):
        return getattr(rtmlib, kind)(
            str(path), model_input_size=order, backend="onnxruntime", device=device or "cpu"
        )
