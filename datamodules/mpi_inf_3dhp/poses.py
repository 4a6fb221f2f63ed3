"""MPI-INF-3DHP: eight people in a studio to train on, six sequences indoors and outdoors to test on.

Mehta et al., "Monocular 3D Human Pose Estimation In The Wild Using Improved CNN Supervision", 3DV 2017.
Prepare the store with ``lifting prepare mpi_inf_3dhp``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch

from datamodules.base import PoseDataModule
from datamodules.examples.bank import LoadedClip
from datamodules.store.split_reader import SplitReader

TRAIN_SUBJECTS = ("S1", "S2", "S3", "S4", "S5", "S6", "S7")
# The eighth training subject, held out to select models on, so that TS1 to TS6 are for testing only.
VAL_SUBJECTS = ("S8",)
TEST_SUBJECTS = ("TS1", "TS2", "TS3", "TS4", "TS5", "TS6")


class MPIINF3DHP(PoseDataModule):
    """MPI-INF-3DHP from its clip store.

    The defaults train on S1 to S7, select on S8 and test on the valid frames of TS1 to TS6. The
    literature trains on S8 too.

    Args:
        store: The clip store that ``lifting prepare mpi_inf_3dhp`` writes.
        train_subjects: Subjects to train on.
        val_subjects: Subjects to select the model on; none switches validation off.
        test_subjects: Subjects to test on.
        val_frames: Frames to validate on.
        **kwargs: See :class:`datamodules.base.PoseDataModule`.
    """

    prepared_by = "lifting prepare mpi_inf_3dhp RAW"

    def __init__(
        self,
        store: str = "data/mpi_inf_3dhp.h5",
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

    def _clips(self, reader: SplitReader, split: str) -> Iterator[LoadedClip]:
        """Yield the clips; frames that are not valid are context of windows, but never selected."""
        for clip in super()._clips(reader, split):
            confidence = torch.from_numpy(reader.store.keypoints(clip.key, "gt")[..., 2])
            yield replace(clip, selected=clip.selected & (confidence > 0).any(-1))
