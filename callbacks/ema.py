"""Exponential moving average of the weights."""

from collections.abc import Callable
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import WeightAveraging
from lightning.pytorch.trainer.states import TrainerFn
from torch import Tensor


def warmed_up_average(decay: float) -> Callable[[Any, Any, Tensor | int], None]:
    """Return the update of the average, in which the past counts for less at first.

    After t updates it weighs (1 + t) / (10 + t), at most ``decay``: else the random initial weights
    would make up half of an average of ``decay`` 0.999 after 700 steps.
    """

    @torch.no_grad()
    def update(average: Any, latest: Any, updates: Tensor | int) -> None:
        done = int(updates)
        past = min(decay, (1 + done) / (10 + done))
        torch._foreach_lerp_(average, latest, 1 - past)

    return update


class EMA(WeightAveraging):
    """Validates, keeps and tests the moving average of the weights; training goes on with the latest.

    Lightning's callback, with an average that begins fast, buffers copied instead of averaged (they are
    statistics, which do not move), and silent where a checkpoint is tested.

    Args:
        decay: Weight of the past at every step, once warmed up.
    """

    def __init__(self, decay: float = 0.999) -> None:
        super().__init__(use_buffers=False, multi_avg_fn=warmed_up_average(decay))

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Restore the latest and the averaged weights, in training."""
        if self._average_model is not None and trainer.state.fn == TrainerFn.FITTING:
            super().on_load_checkpoint(trainer, pl_module, checkpoint)
