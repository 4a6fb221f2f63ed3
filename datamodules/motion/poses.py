"""Motion under free terms and the procedural human: 17 joints, seen by random virtual cameras.

Prepare the store with ``lifting prepare motion``.
"""

from collections.abc import Sequence
from typing import Any

from datamodules.base import PoseDataModule
from datamodules.store.clips import ClipStore
from lifting.errors import InputError

# Who is held out where no subjects are named: walking, rehabilitation and a generated person to validate
# on; jumps and dance, walking and standing to test on.
VAL_SUBJECTS = ("cmu12", "uiprmd10", "procedural1_S8")
TEST_SUBJECTS = ("cmu49", "cmu143", "reactidle015")


class Motion(PoseDataModule):
    """Clips of motion from the clip store that ``lifting prepare motion`` writes.

    Args:
        store: The clip store.
        train_subjects: Subjects to train on; where not given, all that no other split names.
        val_subjects: Subjects to select the model on, none switches validation off; where not given,
            those of ``VAL_SUBJECTS`` that the store has.
        test_subjects: Subjects to test on; where not given, those of ``TEST_SUBJECTS`` that the store
            has, which are not trained on.
        train_frames: Frames to train on; ``interesting`` keeps people who stand still rare.
        val_frames: Frames to validate on.
        **kwargs: See :class:`datamodules.base.PoseDataModule`.
    """

    prepared_by = "lifting prepare motion FILES"

    def __init__(
        self,
        store: str = "data/motion.h5",
        train_subjects: Sequence[str] | None = None,
        val_subjects: Sequence[str] | None = None,
        test_subjects: Sequence[str] | None = None,
        train_frames: str = "interesting",
        val_frames: str = "every8",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            store=store,
            train_subjects=train_subjects or (),
            val_subjects=val_subjects or (),
            test_subjects=test_subjects or (),
            train_frames=train_frames,
            val_frames=val_frames,
            **kwargs,
        )
        self.remaining = "train" if train_subjects is None else None
        known = {"val": (val_subjects, VAL_SUBJECTS), "test": (test_subjects, TEST_SUBJECTS)}
        self.known = {split: names for split, (given, names) in known.items() if given is None}

    def setup(self, stage: str) -> None:
        """Load the splits a stage needs.

        Raises:
            InputError: As :meth:`PoseDataModule.setup`, or if nobody is known to validate on.
        """
        for split, names in self.known.items():
            self.subjects[split] = self._those_there(names)
        if stage == "fit" and "val" in self.known and not self.subjects["val"]:
            what = f"{' '.join(VAL_SUBJECTS)} are not in it to validate on"
            raise InputError(what, self.store, "name others with --data.val_subjects.")
        super().setup(stage)

    def _those_there(self, names: Sequence[str]) -> list[str]:
        """Return those of some subjects that the store has and no split was given by name."""
        self.check_there(self.store)
        named = {
            s for split, given in self.subjects.items() if split not in self.known for s in given
        }
        with ClipStore(self.store) as store:
            there = {key.subject for key in store.keys} - named
        return [name for name in names if name in there]
