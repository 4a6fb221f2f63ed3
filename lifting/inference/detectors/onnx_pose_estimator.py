"""Pose estimators from ONNX models of crops: heat-maps, SimCC, or coordinates."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError
from lifting.imaging.colour_normalisation import normalise
from lifting.imaging.crops import apply_affine, invert_affine
from lifting.imaging.heatmaps import decode
from lifting.inference.detectors.cropping import crop_people, split_by_image
from lifting.inference.detectors.interfaces import Boxes, Image, Points
from lifting.inference.detectors.onnx_model import OnnxModel
from lifting.skeletons import skeleton

# The joint sets of published models by their number of keypoints. Those of whole bodies begin with the
# points of the body.
_SETS = {17: "coco17", 26: "halpe26", 133: "coco17", 136: "halpe26"}

_CROP = (192, 256)
# Standard deviation of the targets of published heat-maps, as a fraction of their width.
_SIGMA = 2 / 48

_Keypoints = tuple[Float[Tensor, "N K 2"], Float[Tensor, "N K"]]


class OnnxPoseEstimator:
    """A pose model of any of three kinds, recognised by its outputs.

    - heat-maps ``(N, K, h, w)``, as of HRNet, Simple Baselines and ViTPose: read by DARK, their cells
      aligned by centres;
    - two vectors per keypoint ``(N, K, x)`` and ``(N, K, y)``, SimCC, as of RTMPose;
    - keypoints and confidences ``(N, K, 2)`` and ``(N, K)``, as ``lifting export model`` writes them.

    Models of floating-point numbers get RGB normalised by ImageNet's mean and standard deviation; those
    of bytes normalise themselves.

    Args:
        path: The file.
        joints: Joint set of the keypoints, if neither the file nor their number says.
        size: Width and height of the crops, where the file leaves them open.
        device: ``cuda`` runs it on a GPU where onnxruntime can.
        batch: Crops that go through it together.

    Attributes:
        skeleton: Joint set of the keypoints.

    Raises:
        InputError: If it is no such model, or its joint set is unknown.
    """

    def __init__(
        self,
        path: str | Path,
        joints: str | None = None,
        size: tuple[int, int] = _CROP,
        device: str | None = None,
        batch: int = 16,
    ) -> None:
        self._model = OnnxModel(path, size, device)
        metadata = self._model.metadata
        if "crop" in metadata:
            self._model.size = _crop_size(metadata["crop"], self._model.size)
        self.size = self._model.size
        self.batch = batch
        # Tried once, so that what does not fit is known before a video is read.
        points, _ = self._estimate(np.zeros((1, self.size[1], self.size[0], 3), np.uint8))
        count = points.shape[1]
        name = joints or metadata.get("keypoint_skeleton") or _SETS.get(count)
        if name is None:
            what = f"its {count} keypoints are those of no known detector"
            raise InputError(what, path, "name their joint set with --skeleton.")
        own = len(skeleton(name))
        if count < own or (count > own and _SETS.get(count) != name):
            raise InputError(
                f"has {count} keypoints, but '{name}' has {own}", path, "name another --skeleton."
            )
        self.skeleton = name

    def estimate(self, images: Sequence[Image], boxes: Sequence[Boxes]) -> list[Points]:
        """Return for each image the keypoints and confidences ``(N, K, 3)`` of those in the boxes."""
        crops, affine = crop_people(images, boxes, self.size)
        joints = len(skeleton(self.skeleton))
        parts = [torch.zeros(0, joints, 3)]
        for start in range(0, len(crops), self.batch):
            chunk = slice(start, start + self.batch)
            points, confidence = self._estimate(crops[chunk])
            pixels = apply_affine(invert_affine(affine[chunk]), points)
            parts.append(torch.cat([pixels, confidence.clamp(0, 1)[..., None]], -1)[:, :joints])
        return split_by_image(torch.cat(parts), boxes)

    def _estimate(self, crops: np.ndarray) -> _Keypoints:
        """Return keypoints in pixels of the crop, and their confidence."""
        images = torch.from_numpy(crops).movedim(-1, 1)
        inputs = images if self._model.takes_bytes else normalise(images)
        outputs = [torch.from_numpy(x) for x in self._model(inputs.numpy())]
        ranks = [x.ndim for x in outputs]
        first, second, width = outputs[0], outputs[-1], self.size[0]
        if ranks == [4] and first.shape[3] <= width:
            return _of_heatmaps(first, width)
        if ranks == [3, 3] and first.shape[:2] == second.shape[:2] and first.shape[2] >= width:
            return _of_vectors(first, second, width)
        if ranks == [3, 2] and first.shape == (*second.shape, 2):
            return first, second
        shapes = ", ".join(str(tuple(x.shape)) for x in outputs)
        what = f"gives {shapes}, which are neither heat-maps nor SimCC's vectors nor keypoints"
        raise InputError(what, self._model.path, "name another model.")


def _crop_size(text: str, default: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the crops that a file written by this suite names."""
    try:
        width, height = (int(side) for side in json.loads(text))
    except DATA_ERRORS:
        return default
    return (width, height) if min(width, height) > 0 else default


def _of_heatmaps(maps: Float[Tensor, "N K h w"], width: int) -> _Keypoints:
    cells = maps.shape[3]
    points, peaks = decode(maps, "dark", _SIGMA * cells)
    # The centres of the first pixel of the crop and of the first cell lie on each other.
    return (points - 0.5) * (width / cells) + 0.5, peaks


def _of_vectors(x: Float[Tensor, "N K X"], y: Float[Tensor, "N K Y"], width: int) -> _Keypoints:
    (high_x, at_x), (high_y, at_y) = x.max(-1), y.max(-1)
    bins = x.shape[2] / width
    # Bins count from the centre of the first pixel.
    return torch.stack([at_x, at_y], -1) / bins + 0.5, torch.minimum(high_x, high_y)
