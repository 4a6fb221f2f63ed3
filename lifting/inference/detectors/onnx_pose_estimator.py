"""ONNX models that read keypoints from the crop of a person: heat-maps, SimCC, or coordinates."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from lifting.errors import InputError
from lifting.imaging.colours import normalise
from lifting.imaging.crops import apply_affine, invert_affine
from lifting.imaging.heatmaps import decode
from lifting.inference.detectors.cropping import crops_of, split
from lifting.inference.detectors.interfaces import Boxes, Image, Points
from lifting.inference.detectors.onnx_model import OnnxFile
from lifting.skeletons import skeleton

# The joint sets of published models by their number of keypoints. Those of whole bodies begin with the
# points of the body.
_SETS = {17: "coco17", 26: "halpe26", 133: "coco17", 136: "halpe26"}

_CROP = (192, 256)
# Deviation of the targets of published heat-maps, as a share of their width.
_SIGMA = 2 / 48

_Found = tuple[Float[Tensor, "N K 2"], Float[Tensor, "N K"]]


class OnnxPose:
    """A pose model, told by what comes out of it.

    - heat-maps ``(N, K, h, w)``, as of HRNet, Simple Baselines and ViTPose: read by DARK, their cells
      aligned by centres;
    - two vectors per keypoint ``(N, K, x)`` and ``(N, K, y)``, SimCC, as of RTMPose;
    - keypoints and confidences ``(N, K, 2)`` and ``(N, K)``, as ``scripts/export_model.py`` writes them.

    What takes floating-point numbers gets RGB normalised by ImageNet's mean and deviation; what takes
    bytes normalises itself.

    Args:
        path: The file.
        joints: Joint set of the keypoints, where neither file nor their number tells.
        size: Width and height of the crops, where the file leaves them open.
        device: ``cuda`` runs it on a GPU where onnxruntime can.
        batch: Crops that go through it together.

    Attributes:
        skeleton: Joint set of the keypoints.

    Raises:
        InputError: If it is no such model, or its joint set cannot be told.
    """

    def __init__(
        self,
        path: str | Path,
        joints: str | None = None,
        size: tuple[int, int] = _CROP,
        device: str | None = None,
        batch: int = 16,
    ) -> None:
        self._model = OnnxFile(path, size, device)
        told = self._model.about
        if "crop" in told:
            self._model.size = _crop_told(told["crop"], self._model.size)
        self.size = self._model.size
        self.batch = batch
        # Tried once, so that what does not fit is known before a video is read.
        points, _ = self._read(np.zeros((1, self.size[1], self.size[0], 3), np.uint8))
        count = points.shape[1]
        name = joints or told.get("keypoint_skeleton") or _SETS.get(count)
        if name is None:
            raise InputError(
                f"its {count} keypoints are those of no known detector",
                path,
                "name their joint set with --skeleton.",
            )
        if count < len(skeleton(name)) or (
            count > len(skeleton(name)) and _SETS.get(count) != name
        ):
            raise InputError(
                f"has {count} keypoints, but '{name}' has {len(skeleton(name))}",
                path,
                "name another --skeleton.",
            )
        self.skeleton = name

    def read(self, images: Sequence[Image], boxes: Sequence[Boxes]) -> list[Points]:
        """Return for each image the keypoints and confidences ``(N, K, 3)`` of those in the boxes."""
        crops, affine = crops_of(images, boxes, self.size)
        joints = len(skeleton(self.skeleton))
        found = [torch.zeros(0, joints, 3)]
        for start in range(0, len(crops), self.batch):
            some = slice(start, start + self.batch)
            points, sure = self._read(crops[some])
            inside = apply_affine(invert_affine(affine[some]), points)
            found.append(torch.cat([inside, sure.clamp(0, 1)[..., None]], -1)[:, :joints])
        return split(torch.cat(found), boxes)

    def _read(self, crops: np.ndarray) -> _Found:
        """Return keypoints in pixels of the crop, and their confidence."""
        images = torch.from_numpy(crops).movedim(-1, 1)
        given = images if self._model.takes_bytes else normalise(images)
        made = [torch.from_numpy(x) for x in self._model(given.numpy())]
        ranks = [x.ndim for x in made]
        width = self.size[0]
        if ranks == [4] and made[0].shape[3] <= width:
            return _of_heatmaps(made[0], width)
        if ranks == [3, 3] and made[0].shape[:2] == made[1].shape[:2] and made[0].shape[2] >= width:
            return _of_vectors(made[0], made[1], width)
        if ranks == [3, 2] and made[0].shape == (*made[1].shape, 2):
            return made[0], made[1]
        shapes = ", ".join(str(tuple(x.shape)) for x in made)
        raise InputError(
            f"gives {shapes}, which are neither heat-maps nor SimCC's pair of "
            "vectors nor keypoints",
            self._model.path,
            "name another model.",
        )


def _crop_told(text: str, default: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the crops that a file written by this suite tells."""
    try:
        width, height = (int(side) for side in json.loads(text))
    except (TypeError, ValueError):
        return default
    return (width, height) if min(width, height) > 0 else default


def _of_heatmaps(maps: Float[Tensor, "N K h w"], width: int) -> _Found:
    cells = maps.shape[3]
    points, peaks = decode(maps, "dark", _SIGMA * cells)
    # The centres of the first pixel of the crop and of the first cell lie on each other.
    return (points - 0.5) * (width / cells) + 0.5, peaks


def _of_vectors(x: Float[Tensor, "N K X"], y: Float[Tensor, "N K Y"], width: int) -> _Found:
    (high_x, at_x), (high_y, at_y) = x.max(-1), y.max(-1)
    bins = x.shape[2] / width
    # Bins count from the centre of the first pixel.
    return torch.stack([at_x, at_y], -1) / bins + 0.5, torch.minimum(high_x, high_y)
