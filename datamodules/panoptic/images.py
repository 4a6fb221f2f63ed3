"""CMU Panoptic's images with poses, from five HD cameras around a dome; subjects are sequences.

Joo et al., "Panoptic Studio: A Massively Multiview System for Social Motion Capture", ICCV 2015.
Prepare the index with ``lifting prepare images panoptic``.
"""

from collections.abc import Sequence
from typing import Any

from datamodules.crops.datamodule import ImageDataModule
from datamodules.panoptic.raw import TRAIN_SEQUENCES, VAL_SEQUENCES

# One of the published training sequences, held out to select models on, so that those that the published
# detectors are measured on are for testing only.
HELD_OUT = "171026_pose2"
TRAINED = tuple(sequence for sequence in TRAIN_SEQUENCES if sequence != HELD_OUT)


class Panoptic(ImageDataModule):
    """CMU Panoptic's images, with their poses.

    The split is that of L2D-Pose's detectors (Lee et al., ACCV 2024), but that one training sequence is
    held out to select the model on; they train on it, and select and measure on the three others.

    Args:
        index: The index that ``lifting prepare images panoptic`` writes.
        keypoint_skeleton: Joint set to hand keypoints and poses over in; that of L2D-Pose has no eyes
            and ears.
        train_subjects: Sequences to train on.
        val_subjects: Sequences to select the model on; none switches validation off.
        test_subjects: Sequences to test on.
        **kwargs: See :class:`datamodules.crops.datamodule.ImageDataModule`.
    """

    prepared_by = "lifting prepare images panoptic RAW"

    def __init__(
        self,
        index: str = "data/panoptic.h5",
        keypoint_skeleton: str = "panoptic15",
        train_subjects: Sequence[str] = TRAINED,
        val_subjects: Sequence[str] = (HELD_OUT,),
        test_subjects: Sequence[str] = VAL_SEQUENCES,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            index=index,
            keypoint_skeleton=keypoint_skeleton,
            train_subjects=train_subjects,
            val_subjects=val_subjects,
            test_subjects=test_subjects,
            **kwargs,
        )
