"""Options of a resumed training that take effect although the checkpoint holds the former ones."""

from typing import Any

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info
from torch.optim.lr_scheduler import LambdaLR

from lifting.runs.folder import CHANGE
from lifting.runs.options import Changes, describe, option_text

# What an optimiser is given, of what its checkpoint restores with the moments.
_GIVEN = ("lr", "initial_lr", "weight_decay")


class ReappliedOptions(Callback):
    """Lets learning rates, weight decay and schedule be those of the command, not of the checkpoint.

    Lightning restores the optimisers, and with them the options they were made with, after
    ``on_fit_start``: what they were made with now is noted there, and given back to them before the
    first step. Moments, and the step that the schedule has reached, are those of the checkpoint.

    Args:
        changes: The options, with the values before and now; logged as ``change/OPTION``.
    """

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self._groups: list[list[dict[str, Any]]] = []
        self._rates: list[list[Any]] = []
        self._begun_at: int | None = None

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note what the optimisers and schedules were made with."""
        self._groups = [
            [{name: group[name] for name in _GIVEN if name in group} for group in o.param_groups]
            for o in trainer.optimizers
        ]
        self._rates = [list(c.scheduler.base_lrs) for c in trainer.lr_scheduler_configs]

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Give it back to them, with the rates of the step that is reached, and say so."""
        for optimizer, groups in zip(trainer.optimizers, self._groups, strict=True):
            for group, given in zip(optimizer.param_groups, groups, strict=True):
                group.update(given)
        for config, rates in zip(trainer.lr_scheduler_configs, self._rates, strict=True):
            scheduler = config.scheduler
            scheduler.base_lrs = list(rates)
            if isinstance(scheduler, LambdaLR):
                # As its own step computes them.
                now: list[Any] = [
                    rate * factor(scheduler.last_epoch)
                    for rate, factor in zip(rates, scheduler.lr_lambdas, strict=True)
                ]
                for group, rate in zip(scheduler.optimizer.param_groups, now, strict=True):
                    group["lr"] = rate
                scheduler._last_lr = now
        self._begun_at = trainer.global_step
        rank_zero_info(f"From step {self._begun_at} on: {', '.join(describe(self.changes))}.")

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Log them, once a step has been taken with them."""
        step = self._begun_at
        if step is None or trainer.global_step == step:
            return
        self._begun_at = None
        values: dict[str, Any] = {
            f"{CHANGE}{name}": now if type(now) in (int, float) else option_text(now)
            for name, (_, now) in self.changes.items()
        }
        for logger in trainer.loggers:
            logger.log_metrics(values, step)
