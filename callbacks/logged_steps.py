"""Steps that loggers see: from the first on that is taken, and of a test that of its checkpoint."""

from typing import Any, Protocol, runtime_checkable

from lightning import Callback, LightningModule, Trainer


@runtime_checkable
class Deferred(Protocol):
    """A logger that writes nothing, and opens nothing, before it is told to begin."""

    def begin(self) -> None:
        """Begin to write."""


class LoggedSteps(Callback):
    """Lets loggers begin as a stage does, and note the metrics of a test at its checkpoint's step.

    Lightning asks loggers for their files before anything is set up, and counts the steps of the
    process: 0 in a test on its own, those of the last epoch in one after a training.
    """

    def __init__(self) -> None:
        self._step: int | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to log a training."""
        _begin(trainer)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin to log a test."""
        _begin(trainer)

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Note the step, counted as in the curves of the training."""
        loop = checkpoint.get("loops", {}).get("fit_loop", {}).get("epoch_loop.state_dict", {})
        self._step = loop.get("_batches_that_stepped", checkpoint.get("global_step", 0))

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Tell loggers the step; by the name ``step`` it is no metric."""
        if self._step is not None:
            pl_module.log("step", float(self._step), rank_zero_only=True)


def _begin(trainer: Trainer) -> None:
    for logger in trainer.loggers:
        if isinstance(logger, Deferred):
            logger.begin()
