"""Person detectors from ONNX models: YOLOX, as its authors or mmdeploy export it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import PIL.Image
from jaxtyping import Float
from numpy import ndarray

from lifting.errors import InputError
from lifting.imaging.boxes import nms
from lifting.inference.detectors.interfaces import Boxes, Frame, Image
from lifting.inference.detectors.onnx_model import OnnxModel

_SIZE = (640, 640)
_STRIDES = (8, 16, 32)
# Grey, as in YOLOX's training.
_FILL = 114
_PERSON = 0


class OnnxPersonDetector:
    """A YOLOX model.

    Its input is BGR, from 0 to 255, the frame shrunk into the left upper corner. Its kind is recognised
    by its outputs:

    - ``(1, N, 5)``, corners and score, and perhaps ``(1, N)``, the class, after NMS (mmdeploy);
    - ``(1, N, 5 + classes)``, centre, width, height, objectness and scores of the classes, in pixels or
      relative to the cells of its three grids (the authors').

    Args:
        path: The file.
        min_score: Boxes of a lower score are dropped.
        iou_threshold: Of two boxes that overlap by more, the one of the higher score is kept.
        device: ``cuda`` runs it on a GPU where onnxruntime can.

    Raises:
        InputError: If it is no such model.
    """

    def __init__(
        self,
        path: str | Path,
        min_score: float = 0.5,
        iou_threshold: float = 0.45,
        device: str | None = None,
    ) -> None:
        self._model = OnnxModel(path, _SIZE, device)
        self.min_score, self.iou_threshold = min_score, iou_threshold
        # Tried once, so that what does not fit is known before a video is read.
        self._detect(np.zeros((8, 8, 3), np.uint8))

    def detect(self, frames: Sequence[Frame]) -> list[Boxes]:
        """Return for each frame the boxes ``(N, 4)`` of the people on it, by falling score."""
        return [self._detect(frame.image) for frame in frames]

    def _detect(self, image: Image) -> Boxes:
        size = self._model.size
        picture, scale = letterbox(image, size)
        outputs = self._model(np.ascontiguousarray(picture[..., ::-1].transpose(2, 0, 1)[None]))
        shapes = [x.shape for x in outputs]
        rows = outputs[0][0] if outputs[0].ndim == 3 else np.zeros((0, 0))
        if rows.shape[1:] == (5,) and shapes[1:] in ([], [(1, len(rows))]):
            boxes, scores = rows[:, :4], rows[:, 4]
            if len(outputs) > 1:
                scores = np.where(outputs[1][0] == _PERSON, scores, 0)
        elif len(outputs) == 1 and rows.shape[1] > 5 and len(rows) == len(_cells(size)):
            boxes, scores = _decoded(rows, size), rows[:, 4] * rows[:, 5 + _PERSON]
        else:
            given = ", ".join(map(str, shapes))
            what = f"gives {given}, which are not the boxes of a YOLOX of {size[0]} x {size[1]}"
            raise InputError(what, self._model.path, "name another model.")
        height, width = image.shape[:2]
        boxes = np.clip(boxes / scale, 0, [width, height, width, height]).astype(np.float32)
        wide, high = (boxes[:, 2:] - boxes[:, :2]).T
        kept = (scores >= self.min_score) & (wide >= 2) & (high >= 2)
        return nms(boxes[kept], scores[kept], self.iou_threshold)


def letterbox(image: Image, size: tuple[int, int]) -> tuple[Image, float]:
    """Return an image shrunk into the left upper corner of a grey one, and by how much it was shrunk."""
    height, width = image.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = max(1, int(width * scale)), max(1, int(height * scale))
    canvas = np.full((size[1], size[0], 3), _FILL, np.uint8)
    shrunk = PIL.Image.fromarray(image).resize(inner, PIL.Image.Resampling.BILINEAR)
    canvas[: inner[1], : inner[0]] = np.asarray(shrunk)
    return canvas, scale


def _cells(size: tuple[int, int]) -> Float[ndarray, "N 3"]:
    """Return column, row and stride of every cell of the three grids, in the order of the model."""
    grids = []
    for stride in _STRIDES:
        rows, columns = np.mgrid[: size[1] // stride, : size[0] // stride]
        grid = np.stack([columns, rows, np.full_like(rows, stride)], -1)
        grids.append(grid.reshape(-1, 3).astype(np.float64))
    return np.concatenate(grids)


def _decoded(rows: Float[ndarray, "N C"], size: tuple[int, int]) -> Float[ndarray, "N 4"]:
    """Return left, top, right, bottom in pixels of the model's input."""
    cells = _cells(size)
    centres, extents = rows[:, :2].astype(np.float64), rows[:, 2:4].astype(np.float64)
    stride = cells[:, 2:]
    # Centres in pixels lie about their cells; what is relative to the cells lies about zero.
    if np.median(np.abs(centres)) < np.median(np.abs(centres - cells[:, :2] * stride)):
        centres = (centres + cells[:, :2]) * stride
        extents = np.exp(np.minimum(extents, 20)) * stride
    return np.concatenate([centres - extents / 2, centres + extents / 2], 1).astype(np.float32)
