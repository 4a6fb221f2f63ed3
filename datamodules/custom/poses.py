"""Datasets in VideoPose3D's layout: your own, and HumanEva.

Prepare the store with ``lifting prepare npz``.
"""

from collections.abc import Sequence
from typing import Any

from datamodules.base import PoseDataModule


class CustomPoses(PoseDataModule):
    """Poses of a store that ``lifting prepare npz`` writes.

    Args:
        store: The clip store.
        source: Which 2D source of the store to lift.
        train_subjects: Subjects to train on.
        val_subjects: Subjects to select the model on; none switches validation off.
        test_subjects: Subjects to test on and to predict; where not given, all the others.
        **kwargs: See :class:`datamodules.base.PoseDataModule`.
    """

    prepared_by = "lifting prepare npz KEYPOINTS"

    def __init__(
        self,
        store: str = "data/custom.h5",
        source: str = "detected",
        train_subjects: Sequence[str] = (),
        val_subjects: Sequence[str] = (),
        test_subjects: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            store=store,
            source=source,
            train_subjects=train_subjects,
            val_subjects=val_subjects,
            test_subjects=test_subjects or (),
            **kwargs,
        )
        self.remaining = "test" if test_subjects is None else None
