"""Motion under free terms and the procedural human: 17 joints, seen by random virtual cameras.

Prepare the store with ``lifting prepare motion``.
"""

from collections.abc import Sequence
from typing import Any

from datamodules.base import PoseDataModule
from datamodules.store.clips import ClipStore
from lifting.errors import InputError

# Jumps and dance, walking, rehabilitation, standing, and a generated person.
VAL_SUBJECTS = ("cmu49", "cmu12", "cmu143", "uiprmd10", "reactidle015", "procedural0_S8")


class Motion(PoseDataModule):
    """Clips of motion from the clip store that ``lifting prepare motion`` writes.

    Args:
        store: The clip store.
        train_subjects: Subjects to train on; where not given, all that no other split names.
        val_subjects: Subjects to select the model on, none switches validation off; where not given,
            those of ``VAL_SUBJECTS`` that the store has.
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
        train_frames: str = "interesting",
        val_frames: str = "every8",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            store=store,
            train_subjects=train_subjects or (),
            val_subjects=val_subjects or (),
            train_frames=train_frames,
            val_frames=val_frames,
            **kwargs,
        )
        self.trains_on_remaining = train_subjects is None
        self.validates_on_known = val_subjects is None

    def setup(self, stage: str) -> None:
        """Load the splits a stage needs.

        Raises:
            InputError: As :meth:`PoseDataModule.setup`, or if nobody is known to validate on.
        """
        if self.validates_on_known:
            self.subjects["val"] = self._known()
        if self.trains_on_remaining:
            self._take_remaining("train")
        super().setup(stage)

    def _known(self) -> list[str]:
        self.check_there(self.store)
        named = {s for split, names in self.subjects.items() if split != "val" for s in names}
        with ClipStore(self.store) as store:
            there = {key.subject for key in store.keys}
        known = [name for name in VAL_SUBJECTS if name in there - named]
        if not known:
            listed = ", ".join(sorted(there)[:10])
            remedy = f"name some with --data.val_subjects, of {listed} and so on."
            raise InputError("nobody is known in it to validate on", self.store, remedy)
        return known
