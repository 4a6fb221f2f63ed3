"""Pose estimator by BlazePose, of people whose boxes are known."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from lifting.imaging.boxes import pairwise_iou
from lifting.inference.detectors.blazepose.landmarks import JOINTS
from lifting.inference.detectors.blazepose.networks import BlazePose
from lifting.inference.detectors.blazepose.regions import Region, region_of_box
from lifting.inference.detectors.interfaces import Boxes, Image, Points

# Sides of the part of the image that the person detector sees, over those of the box.
_CONTEXT = 1.5
# A detected person is that of the box if its body overlaps with it as much (intersection over union).
_MIN_IOU = 0.2


class BlazePoseEstimator:
    """Pose estimator of people in known boxes.

    A box does not tell how a person is turned; the person detector does, which looks at the box and its
    surroundings. Where it sees nobody, the person is taken to be upright.

    Args:
        networks: BlazePose.

    Attributes:
        skeleton: Joint set of the keypoints.
    """

    skeleton = "mediapipe33"

    def __init__(self, networks: BlazePose) -> None:
        self._networks = networks

    def estimate(self, images: Sequence[Image], boxes: Sequence[Boxes]) -> list[Points]:
        """Return for each image the keypoints and confidences ``(N, 33, 3)`` of those in the boxes."""
        none = np.zeros((0, JOINTS, 3), np.float32)
        return [
            np.stack([self._keypoints(image, box) for box in people]) if len(people) else none
            for image, people in zip(images, boxes, strict=True)
        ]

    def _keypoints(self, image: Image, box: Float[ndarray, "4"]) -> Points:
        height, width = image.shape[:2]
        landmarks = self._networks.landmarks(image, self._region(image, box))
        points = landmarks.keypoints(width, height)
        # Where there is nobody, the landmarks are imagined.
        points[:, 2] *= np.clip(landmarks.score, 0, 1)
        return points

    def _region(self, image: Image, box: Float[ndarray, "4"]) -> Region:
        upright = region_of_box(box)
        found = self._networks.detect(image, upright._replace(side=_CONTEXT * upright.side))
        if not found:
            return upright
        regions = [person.region for person in found]
        # The whole body fills about the inner part of a region.
        bodies = np.stack([region._replace(side=region.side / _CONTEXT).box for region in regions])
        square = upright._replace(side=upright.side / _CONTEXT).box
        overlap = pairwise_iou(square[None], bodies)[0]
        best = int(overlap.argmax())
        return regions[best] if overlap[best] >= _MIN_IOU else upright
