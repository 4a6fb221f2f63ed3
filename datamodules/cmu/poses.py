"""CMU motion capture: 17 joints, seen by virtual cameras.

http://mocap.cs.cmu.edu, created with funding from NSF EIA-0196217. Prepare the store with
``lifting prepare cmu``.
"""

from collections.abc import Sequence
from typing import Any

from datamodules.base import PoseDataModule

# Walking on uneven terrain, and walking.
VAL_SUBJECTS = ("S03", "S12", "S136")
# All of the expressive trials, and walking.
TEST_SUBJECTS = ("S02", "S07", "S08", "S39", "S43")


class CMU(PoseDataModule):
    """CMU motion capture from its clip store.

    Args:
        store: The clip store that ``lifting prepare cmu`` writes.
        train_subjects: Subjects to train on; where not given, all that no other split names.
        val_subjects: Subjects to select the model on; none switches validation off.
        test_subjects: Subjects to test on.
        **kwargs: See :class:`datamodules.base.PoseDataModule`.
    """

    prepared_by = "lifting prepare cmu RAW"

    def __init__(
        self,
        store: str = "data/cmu.h5",
        train_subjects: Sequence[str] | None = None,
        val_subjects: Sequence[str] = VAL_SUBJECTS,
        test_subjects: Sequence[str] = TEST_SUBJECTS,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            store=store,
            train_subjects=train_subjects or (),
            val_subjects=val_subjects,
            test_subjects=test_subjects,
            **kwargs,
        )
        self.remaining = "train" if train_subjects is None else None
