"""AIST++: dancers of ten genres, seen by nine cameras.

Li et al., "AI Choreographer: Music Conditioned 3D Dance Generation with AIST++", ICCV 2021. Prepare the
store with ``lifting prepare aist``.
"""

from collections.abc import Sequence
from typing import Any

from datamodules.base import PoseDataModule

VAL_SUBJECTS = ("d10", "d20")
TEST_SUBJECTS = ("d04", "d13", "d16", "d25", "d28")


class AIST(PoseDataModule):
    """AIST++ from its clip store; subjects are dancers.

    Args:
        store: The clip store that ``lifting prepare aist`` writes.
        pose_skeleton: Joint set to hand the poses over in; the store's is COCO's.
        train_subjects: Dancers to train on; where not given, all that no other split names.
        val_subjects: Dancers to select the model on; none switches validation off.
        test_subjects: Dancers to test on.
        **kwargs: See :class:`datamodules.base.PoseDataModule`.
    """

    prepared_by = "lifting prepare aist RAW"

    def __init__(
        self,
        store: str = "data/aist.h5",
        pose_skeleton: str | None = "h36m17",
        train_subjects: Sequence[str] | None = None,
        val_subjects: Sequence[str] = VAL_SUBJECTS,
        test_subjects: Sequence[str] = TEST_SUBJECTS,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            store=store,
            pose_skeleton=pose_skeleton,
            train_subjects=train_subjects or (),
            val_subjects=val_subjects,
            test_subjects=test_subjects,
            **kwargs,
        )
        self.remaining = "train" if train_subjects is None else None
