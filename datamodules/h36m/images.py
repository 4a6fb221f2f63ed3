"""Human3.6M's images (see :mod:`datamodules.h36m.poses`)."""

from collections.abc import Sequence
from typing import Any

from datamodules.crops.datamodule import ImageDataModule
from datamodules.h36m.poses import TEST_SUBJECTS, TRAIN_SUBJECTS, VAL_SUBJECTS


class H36MImages(ImageDataModule):
    """Human3.6M's images, with their poses.

    The defaults train on S1, S5, S6, S7, select on S8 and test on S9 and S11. The published split trains
    on S8 too and takes the last epoch: ``experiments/published_split.yaml``.

    Args:
        index: The index that ``lifting prepare images h36m`` writes.
        train_subjects: Subjects to train on.
        val_subjects: Subjects to select the model on; none switches validation off.
        test_subjects: Subjects to test on.
        **kwargs: See :class:`datamodules.crops.datamodule.ImageDataModule`.
    """

    prepared_by = "lifting prepare images h36m RAW"

    def __init__(
        self,
        index: str = "data/h36m_images.h5",
        train_subjects: Sequence[str] = TRAIN_SUBJECTS,
        val_subjects: Sequence[str] = VAL_SUBJECTS,
        test_subjects: Sequence[str] = TEST_SUBJECTS,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            index=index,
            train_subjects=train_subjects,
            val_subjects=val_subjects,
            test_subjects=test_subjects,
            **kwargs,
        )
