"""Throughput of training, and peak memory of the device."""

import time
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer


class Throughput(Callback):
    """Logs examples per second over all devices, and the peak of the device's memory in GiB.

    Time spent in validation and checkpoints is not counted. A measurement waits until the device has
    done what the steps asked of it: else it would be of the asking.

    Args:
        every_n_steps: Batches between two measurements.
    """

    def __init__(self, every_n_steps: int = 50) -> None:
        self.every_n_steps = every_n_steps
        self._examples = 0
        self._seconds = 0.0
        self._started = 0.0

    def on_train_batch_start(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:
        """Start the clock."""
        self._started = time.perf_counter()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Stop the clock, and log now and then."""
        device = trainer.strategy.root_device
        measured = (batch_idx + 1) % self.every_n_steps == 0
        if measured and device.type == "cuda":
            torch.cuda.synchronize(device)
        self._examples += len(batch["clip"]) * trainer.world_size
        self._seconds += time.perf_counter() - self._started
        if not measured:
            return
        pl_module.log("train/examples_per_second", self._examples / self._seconds)
        if device.type == "cuda":
            peak = torch.cuda.max_memory_allocated(device) / 2**30
            pl_module.log("train/device_memory_gib", peak)
        self._examples, self._seconds = 0, 0.0
