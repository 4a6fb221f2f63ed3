"""A procedural human under the names and protocols of Human3.6M, for machines that do not have it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datamodules.base import PoseDataModule
from datamodules.h36m.poses import TEST_SUBJECTS, TRAIN_SUBJECTS, VAL_SUBJECTS
from datamodules.store.clips import is_store_of
from datamodules.synthetic.procedural.clips import INFO, write_store
from lifting.errors import InputError, Option, Phrase
from lifting.files.turns import make_once


class Synthetic(PoseDataModule):
    """The procedural human, generated on first use.

    Args:
        folder: Where the store is kept; its name holds seed and length.
        frames_per_sequence: Length of each of the 210 sequences.
        generator_seed: Seed of bodies, motions, cameras and detector noise.
        train_subjects: Subjects to train on.
        val_subjects: Subjects to select the model on; none switches validation off.
        test_subjects: Subjects to test on.
        val_frames: Frames to validate on.
        **kwargs: See :class:`datamodules.base.PoseDataModule`.
    """

    def __init__(
        self,
        folder: str = "data",
        frames_per_sequence: int = 480,
        generator_seed: int = 0,
        train_subjects: Sequence[str] = TRAIN_SUBJECTS,
        val_subjects: Sequence[str] = VAL_SUBJECTS,
        test_subjects: Sequence[str] = TEST_SUBJECTS,
        val_frames: str = "every8",
        **kwargs: Any,
    ) -> None:
        if frames_per_sequence < 1:
            option = Option("data.frames_per_sequence")
            raise InputError(Phrase("{} is {}: give at least 1.", option, frames_per_sequence))
        super().__init__(
            store=f"{folder}/synthetic_seed{generator_seed}_{frames_per_sequence}frames.h5",
            train_subjects=train_subjects,
            val_subjects=val_subjects,
            test_subjects=test_subjects,
            val_frames=val_frames,
            **kwargs,
        )
        self.frames_per_sequence = frames_per_sequence
        self.generator_seed = generator_seed

    def prepare_data(self) -> None:
        """Generate the store, unless there is one that this version of the generator made."""
        make_once(Path(self.store), lambda: is_store_of(Path(self.store), INFO), self._generate)

    def _generate(self) -> None:
        write_store(self.store, self.generator_seed, self.frames_per_sequence, progress=True)
