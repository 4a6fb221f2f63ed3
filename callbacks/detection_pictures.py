"""Pictures of detected keypoints."""

import math
from typing import Any

from lightning import LightningModule
from matplotlib.figure import Figure
from torch import Tensor

from callbacks.pictures import Pictures
from lifting.batch import ImageBatch
from lifting.imaging.colour_normalisation import denormalise
from lifting.imaging.crops import to_crop
from lifting.skeletons import skeleton
from lifting.viz.detections import detection_figure


class DetectionPictures(Pictures):
    """Draws crops of fixed samples with the keypoints that are detected, and those labelled.

    The method detects with ``detect(batch)``: keypoints ``(B, K, 2)``, pixels of the whole image, and
    their confidence ``(B, K)``.
    """

    def figure(
        self, data: Any, module: LightningModule, batch: ImageBatch, clips: list[str]
    ) -> Figure:
        """Draw the crops, with the mean distance to what is labelled, pixels of the whole image."""
        joints = skeleton(module.hparams["keypoint_skeleton"])
        found, confidence = module.detect(batch)  # type: ignore[operator]
        labelled = batch["visibility"] > 0
        distance = (found - batch["keypoints"]).norm(dim=-1).masked_fill(~labelled, 0).sum(-1)
        mean = (distance / labelled.sum(-1)).tolist()
        # Nothing is labelled on an image that could not be read.
        errors = ["" if math.isnan(d) else f"{d:.1f} px" for d in mean]
        titles = [f"{clip}\n{error}" for clip, error in zip(clips, errors, strict=True)]

        def in_crop(points: Tensor) -> Any:
            return to_crop(points.float(), batch["affine"], joints.mirror).cpu().numpy()

        return detection_figure(
            denormalise(batch["image"]).clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy(),
            in_crop(found),
            confidence.float().cpu().numpy(),
            in_crop(batch["keypoints"]),
            labelled.cpu().numpy(),
            joints,
            titles,
        )
