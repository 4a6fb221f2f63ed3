"""Cost of a training: the commit, hardware, processor time and wall time of each of its starts."""

import time
from typing import Any

from lightning import Callback, LightningModule, Trainer

from lifting.runs.code_version import running_version
from lifting.runs.hardware import core_seconds, hardware


class TrainingCost(Callback):
    """Keeps in every checkpoint what it took to get there, validation included, an entry per start.

    Processor time is that of the first process and of its loaders' workers that have ended. Checkpoints
    have it under ``trained``, so that it comes with them wherever they are tested.
    """

    def __init__(self) -> None:
        self._before: list[dict[str, Any]] = []
        self._entry: dict[str, Any] | None = None
        self._began = (0.0, 0.0)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clocks."""
        self._began = core_seconds(), time.monotonic()
        self._entry = {
            "step": trainer.global_step,
            **running_version(),
            "hardware": hardware(trainer.strategy.root_device, trainer.world_size),
            "processes": trainer.world_size,
        }

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop the clocks: a test after it is no part of training."""
        self._before, self._entry = self._starts(), None

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Note the starts so far."""
        checkpoint["trained"] = self._starts()

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Go on from the starts of the training that is resumed."""
        self._before = list(checkpoint.get("trained") or [])

    def _starts(self) -> list[dict[str, Any]]:
        if self._entry is None:
            return self._before
        cores, clock = self._began
        spent = {"core_seconds": core_seconds() - cores, "seconds": time.monotonic() - clock}
        return [*self._before, self._entry | spent]
