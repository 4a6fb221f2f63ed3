"""3DPW: people outdoors and indoors, filmed by a telephone that is carried about.

Von Marcard et al., "Recovering Accurate 3D Human Pose in The Wild Using IMUs and a Moving Camera", ECCV
2018. Prepare the store with ``lifting prepare 3dpw``.
"""

from collections.abc import Sequence
from typing import Any

from datamodules.base import PoseDataModule


class ThreeDPW(PoseDataModule):
    """3DPW from its clip store; subjects are the published splits.

    Args:
        store: The clip store that ``lifting prepare 3dpw`` writes.
        train_subjects: Splits to train on.
        val_subjects: Splits to select the model on; none switches validation off.
        test_subjects: Splits to test on.
        **kwargs: See :class:`datamodules.base.PoseDataModule`.
    """

    prepared_by = "lifting prepare 3dpw RAW"

    def __init__(
        self,
        store: str = "data/3dpw.h5",
        train_subjects: Sequence[str] = ("train",),
        val_subjects: Sequence[str] = ("validation",),
        test_subjects: Sequence[str] = ("test",),
        **kwargs: Any,
    ) -> None:
        super().__init__(
            store=store,
            train_subjects=train_subjects,
            val_subjects=val_subjects,
            test_subjects=test_subjects,
            **kwargs,
        )
