"""Pose estimators from checkpoints of this suite's detectors."""

from collections.abc import Sequence
from pathlib import Path

import torch

from lifting.imaging.colour_normalisation import normalise
from lifting.inference.detectors.cropping import crop_people, split_by_image
from lifting.inference.detectors.interfaces import Boxes, Image, Points
from lifting.inference.devices import device_of
from lifting.methods.bases.checkpointed import load_frozen
from lifting.methods.bases.detector import Detector


class CheckpointPoseEstimator:
    """Pose estimator from a checkpoint of any detector of this suite.

    Args:
        checkpoint: The checkpoint.
        size: Width and height of the crops it was trained on.
        device: ``cpu`` or ``cuda``; a GPU is taken where there is one.
        batch: Crops that go through the network together.

    Attributes:
        skeleton: Joint set of the keypoints.

    Raises:
        InputError: If it is no checkpoint of a detector.
    """

    def __init__(
        self,
        checkpoint: str | Path,
        size: tuple[int, int] = (192, 256),
        device: str | None = None,
        batch: int = 16,
    ) -> None:
        self.method = load_frozen(checkpoint, Detector).to(device_of(device))
        self.size = size
        self.batch = batch
        self.skeleton: str = self.method.hparams["keypoint_skeleton"]

    @torch.inference_mode()
    def estimate(self, images: Sequence[Image], boxes: Sequence[Boxes]) -> list[Points]:
        """Return for each image the keypoints and confidences ``(N, K, 3)`` of those in the boxes."""
        crops, affine = crop_people(images, boxes, self.size)
        # Begun with none, for the shape where there are no boxes.
        parts = [torch.zeros(0, len(self.method.mirror), 3)]
        chunks = torch.from_numpy(crops).split(self.batch), affine.split(self.batch)
        for chunk, maps in zip(*chunks, strict=True):
            if len(chunk):
                inputs = normalise(chunk.movedim(-1, 1).to(self.method.device))
                heatmaps = self.method.heatmaps(inputs)
                to_image = maps.to(self.method.device)
                points, confidence = self.method.decode_in_image(heatmaps, to_image)
                parts.append(torch.cat([points, confidence[..., None]], -1).float().cpu())
        keypoints = torch.cat(parts)
        # The height of a peak may lie a little beside what a confidence can be.
        keypoints[..., 2].clamp_(0, 1)
        return split_by_image(keypoints, boxes)
