"""Human3.6M: 17 joints, four cameras, fifteen actions.

Ionescu et al., "Human3.6M: Large Scale Datasets and Predictive Methods for 3D Human Sensing in
Natural Environments", TPAMI 2014. Prepare the store with ``lifting prepare h36m``.
"""

from collections.abc import Sequence
from typing import Any

from datamodules.base import PoseDataModule

TRAIN_SUBJECTS = ("S1", "S5", "S6", "S7")
# A fifth training subject, held out to select models on, so that S9 and S11 are for testing only.
VAL_SUBJECTS = ("S8",)
TEST_SUBJECTS = ("S9", "S11")


class H36M(PoseDataModule):
    """Human3.6M from its clip store.

    The defaults train on S1, S5, S6, S7, select on S8 and test on every frame of S9 and S11. The
    published split trains on S8 too and takes the last epoch: ``experiments/published_split.yaml``.

    Args:
        store: The clip store that ``lifting prepare h36m`` writes.
        train_subjects: Subjects to train on.
        val_subjects: Subjects to select the model on; none switches validation off.
        test_subjects: Subjects to test on.
        val_frames: Frames to validate on.
        **kwargs: See :class:`datamodules.base.PoseDataModule`.
    """

    prepared_by = "lifting prepare h36m RAW"

    def __init__(
        self,
        store: str = "data/h36m.h5",
        train_subjects: Sequence[str] = TRAIN_SUBJECTS,
        val_subjects: Sequence[str] = VAL_SUBJECTS,
        test_subjects: Sequence[str] = TEST_SUBJECTS,
        val_frames: str = "every8",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            store=store,
            train_subjects=train_subjects,
            val_subjects=val_subjects,
            test_subjects=test_subjects,
            val_frames=val_frames,
            **kwargs,
        )
