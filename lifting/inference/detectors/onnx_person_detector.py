"""ONNX models that find people: YOLOX, as its authors or mmdeploy export it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image as Pictures

from lifting.errors import InputError
from lifting.inference.detectors.cropping import overlaps
from lifting.inference.detectors.interfaces import Boxes, Frame, Image
from lifting.inference.detectors.onnx_model import OnnxFile

_SIZE = (640, 640)
_STRIDES = (8, 16, 32)
# Grey, as in YOLOX's training.
_FILL = 114
_PERSON = 0


class OnnxBoxes:
    """A YOLOX model.

    It sees blue first, from 0 to 255, the frame shrunk into the left upper corner. It is told by what
    comes out of it:

    - ``(1, N, 5)``, corners and score, and perhaps ``(1, N)``, the class: suppressed already (mmdeploy);
    - ``(1, N, 5 + classes)``, centre, width, height, objectness and scores of the classes, in pixels or
      relative to the cells of its three grids (the authors').

    Args:
        path: The file.
        least: People less sure than this are nobody.
        shared: Of two boxes that overlap by more, the surer one is kept.
        device: ``cuda`` runs it on a GPU where onnxruntime can.

    Raises:
        InputError: If it is no such model.
    """

    def __init__(
        self,
        path: str | Path,
        least: float = 0.5,
        shared: float = 0.45,
        device: str | None = None,
    ) -> None:
        self._model = OnnxFile(path, _SIZE, device)
        self.least, self.shared = least, shared
        # Tried once, so that what does not fit is known before a video is read.
        self._find(np.zeros((8, 8, 3), np.uint8))

    def find(self, frames: Sequence[Frame]) -> list[Boxes]:
        """Return for each frame the boxes ``(N, 4)`` of the people on it, the surest first."""
        return [self._find(frame.image) for frame in frames]

    def _find(self, image: Image) -> Boxes:
        size = self._model.size
        picture, scale = letterbox(image, size)
        made = self._model(np.ascontiguousarray(picture[..., ::-1].transpose(2, 0, 1)[None]))
        shapes = [x.shape for x in made]
        rows = made[0][0] if made[0].ndim == 3 else np.zeros((0, 0))
        if rows.shape[1:] == (5,) and shapes[1:] in ([], [(1, len(rows))]):
            boxes, scores = rows[:, :4], rows[:, 4]
            if len(made) > 1:
                scores = np.where(made[1][0] == _PERSON, scores, 0)
        elif len(made) == 1 and rows.shape[1] > 5 and len(rows) == len(_cells(size)):
            boxes, scores = _decoded(rows, size), rows[:, 4] * rows[:, 5 + _PERSON]
        else:
            told = ", ".join(map(str, shapes))
            raise InputError(
                f"gives {told}, which are not the boxes of a YOLOX of {size[0]} x {size[1]} pixels",
                self._model.path,
                "name another model.",
            )
        height, width = image.shape[:2]
        boxes = np.clip(boxes / scale, 0, [width, height, width, height]).astype(np.float32)
        wide, high = (boxes[:, 2:] - boxes[:, :2]).T
        there = (scores >= self.least) & (wide >= 2) & (high >= 2)
        return suppressed(boxes[there], scores[there], self.shared)


def letterbox(image: Image, size: tuple[int, int]) -> tuple[Image, float]:
    """Return an image shrunk into the left upper corner of a grey one, and by how much it was shrunk.

    Args:
        image: RGB.
        size: Width and height to fit it into.
    """
    height, width = image.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = max(1, int(width * scale)), max(1, int(height * scale))
    canvas = np.full((size[1], size[0], 3), _FILL, np.uint8)
    shrunk = Pictures.fromarray(image).resize(inner, Pictures.Resampling.BILINEAR)
    canvas[: inner[1], : inner[0]] = np.asarray(shrunk)
    return canvas, scale


def suppressed(
    boxes: Float[ndarray, "N 4"], scores: Float[ndarray, " N"], shared: float
) -> Float[ndarray, "M 4"]:
    """Return the boxes that no surer one overlaps by more than a share, the surest first.

    Args:
        boxes: Left, top, right, bottom.
        scores: How sure each is.
        shared: Intersection over union.
    """
    boxes = boxes[np.argsort(-scores, kind="stable")]
    kept: list[int] = []
    covered = overlaps(boxes, boxes) > shared
    for row in range(len(boxes)):
        if not covered[row, kept].any():
            kept.append(row)
    return boxes[kept]


def _cells(size: tuple[int, int]) -> Float[ndarray, "N 3"]:
    """Return column, row and stride of every cell of the three grids, in the order of the model."""
    grids = []
    for stride in _STRIDES:
        rows, columns = np.mgrid[: size[1] // stride, : size[0] // stride]
        one = np.stack([columns, rows, np.full_like(rows, stride)], -1)
        grids.append(one.reshape(-1, 3).astype(np.float64))
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
