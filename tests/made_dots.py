"""People of seventeen coloured dots, and networks that find them: exact without any training.

Colours lie on a circle, so that a plane cuts each of them off from the others. Whoever confounds red and
blue, or takes the mean of one for the other, finds other joints.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lifting.imaging.colour_normalisation import IMAGENET_MEAN, IMAGENET_STD
from lifting.methods.bases.detector import Detector
from lifting.skeletons import skeleton
from tests.datamodules.made_videos import write_frames

JOINTS = 17
CROP = (96, 128)
BACKGROUND = 128
RADIUS = 7

_ANGLES = 2 * np.pi * np.arange(JOINTS) / JOINTS
_CIRCLE = np.stack([np.cos(_ANGLES + turn) for turn in (0, -2 * np.pi / 3, 2 * np.pi / 3)], -1)
# Red, green and blue of every joint, from 0 to 1.
COLOURS = 0.5 + 0.45 * _CIRCLE
# A colour is found where it is within 18 degrees of what it should be; its neighbours are at 21.
_CUT = 0.95


def planes():
    """Weights ``(17, 3)`` and biases of what cuts off the colours of normalised images."""
    weights = _CIRCLE / (0.45 * 1.5)
    shift = weights @ (np.array(IMAGENET_MEAN) - 0.5)
    scale = 1 / (1 - _CUT)
    return scale * weights * IMAGENET_STD, scale * (shift - _CUT)


def bump():
    """A blur of five cells; a dot then has one highest cell."""
    side = np.exp(-0.5 * np.arange(-2, 3) ** 2)
    return np.outer(side, side) / np.outer(side, side).max()


class Dots(nn.Module):
    """The dots of each colour as heat-maps."""

    def __init__(self):
        super().__init__()
        self.cut = nn.Conv2d(3, JOINTS, 1)
        self.blur = nn.Conv2d(JOINTS, JOINTS, 5, padding=2, groups=JOINTS, bias=False)
        weights, biases = planes()
        with torch.no_grad():
            self.cut.weight.copy_(torch.from_numpy(weights)[..., None, None])
            self.cut.bias.copy_(torch.from_numpy(biases))
            self.blur.weight.copy_(torch.from_numpy(bump()).expand(JOINTS, 1, 5, 5))

    def forward(self, image):
        found = nn.functional.avg_pool2d(self.cut(image).relu().clamp(max=1), 4)
        return 0.25 * self.blur(found)


class DotDetector(Detector):
    """A detector of people of dots."""

    def configure_nets(self):
        self.mirror = skeleton(self.hparams["keypoint_skeleton"]).mirror
        self.net, self.lifters, self.window = Dots(), self._group({}), 1

    def loss(self, batch):
        return self(batch["image"]).mean()


def dot_detector() -> DotDetector:
    """Return a detector that needs no training."""
    return DotDetector(keypoint_skeleton="h36m17", sigma=1.5)


def layout(left: float, top: float, width: float, height: float) -> np.ndarray:
    """Return the keypoints of a person ``(17, 2)``: three columns of dots that fill a box."""
    joint = np.arange(JOINTS)
    return np.stack([left + width * (joint % 3) / 2, top + height * (joint // 3) / 5], -1)


def paint(size: tuple[int, int], people, radius: int = RADIUS) -> np.ndarray:
    """Paint people, each ``(17, 2)``, on a grey frame."""
    image = np.full((size[1], size[0], 3), BACKGROUND, np.uint8)
    rows, columns = np.mgrid[: size[1], : size[0]] + 0.5
    for points in people:
        for (x, y), colour in zip(points, COLOURS, strict=True):
            image[np.hypot(columns - x, rows - y) <= radius] = np.round(255 * colour)
    return image


def walk(frames: int, size=(320, 240), box=(60, 120)) -> np.ndarray:
    """Return the keypoints of a person that crosses a frame ``(T, 17, 2)``."""
    ways = np.linspace([30, 40], [size[0] - box[0] - 30, size[1] - box[1] - 40], frames)
    return np.stack([layout(*place, *box) for place in ways])


def write_dots(path: Path, people, size=(320, 240), **options) -> Path:
    """Write a video; ``people`` are the keypoints of those on each frame."""
    return write_frames(path, (paint(size, some) for some in people), size, **options)


def write_boxes(path, shown):
    """Write the boxes of the people on frames, numbered from 0, as COCO's results have them."""
    boxes = []
    for frame, people in enumerate(shown):
        for points in people:
            low, high = points.min(0) - 8, points.max(0) + 8
            boxes.append({"image_id": frame, "bbox": [*low, *(high - low)], "score": 1.0})
    path.write_text(json.dumps(boxes))
