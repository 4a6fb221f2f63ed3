"""Stop of a run at an order, SIGINT or SIGTERM, where it can be resumed from exactly."""

import contextlib
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher

from callbacks.last_checkpoint import LastCheckpoint, can_resume_after
from lifting.errors import DivergenceError, StoppedError
from lifting.runs.folder import run_argument
from lifting.runs.requeue import TIME_NOTICE
from lifting.runs.stopping import ORDERS

_MOMENT = "when this step is done and saved"
_NAMES = {"validate": "in the validation", "test": "in the test", "predict": "in the prediction"}
_ENDED = "after the training had ended"
# Seconds that the processes a stopped one has started have to end by themselves.
_GRACE = 2.0


class Interruption(Checkpoint):
    """Ends a training at Ctrl-C or SIGTERM with its current step, which it saves in ``last.ckpt``.

    After the last step before a validation, or an order in its midst, the run is saved when that has
    ended, because Lightning cannot resume before it. All processes stop at the same step. Everything
    else, such as a test, ends at once. SLURM's notice that the time is up waits for the same moments;
    the training goes on from there until SLURM, which queues the job again, ends it by SIGTERM.

    It comes after all other callbacks, as a Checkpoint that is added last.

    Args:
        folder: Folder of the run.
        patience: Seconds from an order that a validation may take to end.
    """

    def __init__(self, folder: str | Path, patience: float = 20.0) -> None:
        self.folder = Path(folder)
        self.patience = patience
        # The signal that all processes have agreed on, and the point that was saved after it.
        self._number = 0
        self._saved: str | None = None
        # Whether all processes have agreed that the time is up.
        self._is_time_up = False

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Note where an order finds the command now."""
        if stage == "fit":
            ORDERS.place = "before the first step"
        elif ORDERS.remedy is None:
            ORDERS.place = _NAMES[stage]
        else:
            ORDERS.place = f"{_NAMES[stage]}, {_ENDED}"
        launcher = trainer.strategy.launcher
        if isinstance(launcher, _SubprocessScriptLauncher):
            ORDERS.end_others = lambda: launcher.kill(signal.SIGKILL)

    def on_sanity_check_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the signals over from Lightning, which sets its handlers before each of its loops."""
        ORDERS.take_over()

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the signals over from Lightning; a test that has no time left is for the next job."""
        ORDERS.take_over()
        TIME_NOTICE.wait_for_moment(False)

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the signals over from Lightning."""
        ORDERS.take_over()

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the signals over from Lightning."""
        ORDERS.take_over()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Let orders wait for the end of a step."""
        ORDERS.take_over()
        ORDERS.wait_for(_MOMENT)
        TIME_NOTICE.wait_for_moment(True)

    def on_train_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """End where all that belongs to the step before, such as its logs, is done."""
        self._end_if_saved()

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """End where all that belongs to the epoch before is done."""
        self._end_if_saved()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Agree on the orders that have come, and save if the run can be resumed from here."""
        self._agree(trainer)
        if can_resume_after(trainer, batch_idx):
            self._obey(trainer)

    def on_validation_batch_start(
        self, trainer: Trainer, pl_module: LightningModule, *args: Any, **kwargs: Any
    ) -> None:
        """End unsaved if an order, or the time, has waited too long for a validation to end."""
        if ORDERS.number is not None and time.monotonic() - ORDERS.since > self.patience:
            where = f"in a validation that was not over in {self.patience:.0f} s"
            raise StoppedError(ORDERS.number, f"{where}, with what last.ckpt holds kept")
        if TIME_NOTICE.is_due and time.monotonic() - TIME_NOTICE.since > self.patience:
            TIME_NOTICE.queue()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save if an order has come since the last step that can be resumed from."""
        self._agree(trainer)
        self._obey(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Obey an order that came too late to interrupt the training, and later ones at once."""
        self._agree(trainer)
        name = run_argument(self.folder)
        ORDERS.place, ORDERS.remedy = _ENDED, f"test it with: lifting test --run {name}"
        ORDERS.wait_for(None)
        # One that came since the processes agreed has been waiting, and would wait for ever.
        if number := self._number or ORDERS.number:
            raise StoppedError(number, _ENDED, ORDERS.remedy)

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """End the processes that this one has started, unless they have agreed to end themselves.

        They would wait for this one for ever, where it alone has failed, as at a full disk.
        """
        launcher = trainer.strategy.launcher
        if self._number or not isinstance(launcher, _SubprocessScriptLauncher):
            return
        if not isinstance(exception, DivergenceError):
            launcher.kill(signal.SIGTERM)
            until = time.monotonic() + _GRACE
            for process in launcher.procs:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, until - time.monotonic()))
            launcher.kill(signal.SIGKILL)
        # Lightning, which watches over this list, would kill this process for their status.
        launcher.procs.clear()

    def _agree(self, trainer: Trainer) -> None:
        """Learn of the orders that have come to any of the processes."""
        self._number, self._is_time_up = ORDERS.number or 0, TIME_NOTICE.is_due
        if trainer.world_size > 1:
            # Lightning itself waits for the device at every step of several processes.
            own = [self._number, int(self._is_time_up)]
            flags = torch.tensor(own, device=trainer.strategy.root_device)
            self._number, is_time_up = trainer.strategy.reduce(flags, reduce_op="max").tolist()
            self._is_time_up = bool(is_time_up)

    def _obey(self, trainer: Trainer) -> None:
        """Save, where that is asked for, in all processes at once."""
        if self._number:
            self._save(trainer)
            epoch = f"epoch {trainer.current_epoch + 1} of {trainer.max_epochs}"
            self._saved = f"after step {trainer.global_step:,} ({epoch}), which is saved"
        elif self._is_time_up:
            self._save(trainer)
            TIME_NOTICE.obey()

    def _save(self, trainer: Trainer) -> None:
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            if isinstance(callback, LastCheckpoint):
                callback.save(trainer)

    def _end_if_saved(self) -> None:
        if self._saved is not None:
            raise StoppedError(self._number, self._saved)
