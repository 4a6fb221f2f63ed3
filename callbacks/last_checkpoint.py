"""Checkpoint that a run is resumed from."""

import math
from pathlib import Path
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from callbacks.divergence import look
from callbacks.saving import save_checkpoint


class LastCheckpoint(Checkpoint):
    """Keeps ``last.ckpt`` fresh: every n steps and when training ends.

    Lightning's ``save_last`` rewrites it only when a best checkpoint is saved, so that a run that gets
    worse would resume from its best epoch. A training that has diverged is not saved.

    Args:
        dirpath: Folder to write to.
        every_n_train_steps: Optimiser steps between two checkpoints.
    """

    def __init__(self, dirpath: str = "checkpoints", every_n_train_steps: int = 500) -> None:
        self.path = Path(dirpath) / "last.ckpt"
        self.every_n_train_steps = every_n_train_steps
        self._saved_at = -1
        self._periods = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note where a resumed run goes on."""
        self._periods = trainer.global_step // self.every_n_train_steps

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Save if it is time, but not between a batch and its validation or the end of the epoch.

        From there Lightning would resume without that validation, and would miscount the epochs in the
        checkpoints that follow.
        """
        if can_resume_after(trainer, batch_idx):
            self._save_if_due(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save if it has been time since the last batch began."""
        self._save_if_due(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save the end of the run."""
        self.save(trainer)

    def _save_if_due(self, trainer: Trainer) -> None:
        # A batch may take several steps (one per optimiser), which jump over multiples.
        periods = trainer.global_step // self.every_n_train_steps
        if periods > self._periods:
            self._periods = periods
            self.save(trainer)

    def save(self, trainer: Trainer) -> None:
        """Save the run, in all processes at once, unless this step is saved already."""
        # With accumulated gradients several batches share a step.
        if trainer.fast_dev_run or trainer.global_step == self._saved_at:  # type: ignore[attr-defined]
            return
        look(trainer)
        self._saved_at = trainer.global_step
        save_checkpoint(trainer, self.path)


def can_resume_after(trainer: Trainer, batch_idx: int) -> bool:
    """Return whether a run that is saved at the end of a batch goes on from there exactly.

    Not between a batch and its validation or the end of the epoch, nor with gradients accumulated.
    """
    ends = trainer.is_last_batch or _is_validated(trainer, batch_idx)
    return not ends and (batch_idx + 1) % trainer.accumulate_grad_batches == 0


def _is_validated(trainer: Trainer, batch_idx: int) -> bool:
    """Return whether a validation follows a batch, where Lightning counts batches to decide it."""
    over_epochs = trainer.check_val_every_n_epoch is None
    batches = trainer.fit_loop.total_batch_idx if over_epochs else batch_idx
    return (batches + 1) % (trainer.val_check_batch or math.inf) == 0
