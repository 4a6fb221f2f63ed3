"""CMU Panoptic's poses for lifters, from five HD cameras around a dome; subjects are sequences.

Joo et al., "Panoptic Studio: A Massively Multiview System for Social Motion Capture", ICCV 2015.
Prepare the store with ``lifting prepare panoptic``.
"""

from collections.abc import Sequence
from typing import Any

from datamodules.base import PoseDataModule
from datamodules.panoptic.images import HELD_OUT
from datamodules.panoptic.raw import LIFTER_TRAIN_SEQUENCES, LIFTER_VAL_SEQUENCES

TRAINED = tuple(sequence for sequence in LIFTER_TRAIN_SEQUENCES if sequence != HELD_OUT)


class PanopticPoses(PoseDataModule):
    """CMU Panoptic's poses from their clip store; its images are :class:`datamodules.Panoptic`.

    The split is that of L2D-Pose's lifters (Lee et al., ACCV 2024), but that the training sequence
    which detectors are selected on is held out to select lifters on, too. So a lifter that guides a
    detector has seen no sequence that the detector is selected or tested on.

    Args:
        store: The clip store that ``lifting prepare panoptic`` writes.
        keypoint_skeleton: Joint set to hand the 2D source over in; that of L2D-Pose has no eyes and
            ears.
        pose_skeleton: Joint set to hand the poses over in.
        train_subjects: Sequences to train on.
        val_subjects: Sequences to select the model on; none switches validation off.
        test_subjects: Sequences to test on.
        **kwargs: See :class:`datamodules.base.PoseDataModule`.
    """

    prepared_by = "lifting prepare panoptic RAW"

    def __init__(
        self,
        store: str = "data/panoptic_poses.h5",
        keypoint_skeleton: str = "panoptic15",
        pose_skeleton: str | None = "panoptic15",
        train_subjects: Sequence[str] = TRAINED,
        val_subjects: Sequence[str] = (HELD_OUT,),
        test_subjects: Sequence[str] = LIFTER_VAL_SEQUENCES,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            store=store,
            keypoint_skeleton=keypoint_skeleton,
            pose_skeleton=pose_skeleton,
            train_subjects=train_subjects,
            val_subjects=val_subjects,
            test_subjects=test_subjects,
            **kwargs,
        )
