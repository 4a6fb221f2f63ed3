"""Exponential moving average of the weights."""

from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import WeightAveraging
from lightning.pytorch.trainer.states import TrainerFn
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


class AverageOnDevice(AveragedModel):
    """The averaged weights, counted on the host, so that no step waits for the device.

    After t updates the past weighs (1 + t) / (10 + t), at most ``decay``: else the random initial
    weights would make up half of an average of ``decay`` 0.999 after 700 steps. Buffers are copied
    instead: they are statistics, which do not move.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        super().__init__(model)
        self._decay = decay
        self._updates: int | None = 0

    @torch.no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Take one more step into the average."""
        if self._updates is None:
            self._updates = int(self.n_averaged)
        past = min(self._decay, (1 + self._updates) / (10 + self._updates))
        average: list[Tensor] = list(self.module.parameters())
        latest: list[Tensor] = list(model.parameters())
        if self._updates:
            torch._foreach_lerp_(average, latest, 1 - past)
        else:
            torch._foreach_copy_(average, latest)
        if buffers := list(self.module.buffers()):
            torch._foreach_copy_(buffers, list(model.buffers()))
        self._updates += 1
        self.n_averaged += 1

    def load_state_dict(self, *args: Any, **kwargs: Any) -> Any:
        """Take up an average from where it was."""
        self._updates = None
        return super().load_state_dict(*args, **kwargs)


class EMA(WeightAveraging):
    """Validates, keeps and tests the moving average of the weights; training goes on with the latest.

    Lightning's callback, with an average that begins fast and is kept where the weights are, and silent
    where a checkpoint is tested.

    Args:
        decay: Weight of the past at every step, once warmed up.
    """

    def __init__(self, decay: float = 0.999) -> None:
        super().__init__(use_buffers=False)
        self._decay = decay

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Begin the average of a training."""
        if stage == "fit":
            self._average_model = AverageOnDevice(pl_module, self._decay)

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Move the average to where the weights are by now."""
        if self._average_model is not None:
            self._average_model.to(pl_module.device)

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Restore the latest and the averaged weights, in training."""
        if self._average_model is not None and trainer.state.fn == TrainerFn.FITTING:
            super().on_load_checkpoint(trainer, pl_module, checkpoint)
