"""Progress of a run: what both a bar in a terminal and lines in a file show."""

import math
import sys
import time
from abc import abstractmethod
from datetime import timedelta
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint, ProgressBar

from lifting.metrics.registry import find

# Seconds from the start to the first line.
_FIRST = 5.0


class RunProgress(ProgressBar):
    """Shows now and then where a run is: epoch, step, loss, error, speed, and time left of all epochs.

    What is on the device is read at those moments alone. A subclass shows it.

    Args:
        first: Seconds from the start to the first time.
        every: Seconds between two times.
    """

    def __init__(self, first: float, every: float) -> None:
        super().__init__()
        self.first, self.every = first, every
        self.tells_rate = True
        self._is_enabled = True
        self._due = 0.0
        self._examples = 0
        # Seconds of training, without validations, that the examples took, and when they go on.
        self._seconds, self._since = 0.0, 0.0
        # Time and batch from which the time left is estimated: the first batch takes longer.
        self._begun: tuple[float, int] | None = None
        self._error: str | None = None
        self._evaluated = 0

    def disable(self) -> None:
        """Show nothing, as in all processes but the first one."""
        self._is_enabled = False

    def enable(self) -> None:
        """Show something again."""
        self._is_enabled = True

    @abstractmethod
    def show(self, words: list[str], done: int, total: float) -> None:
        """Show where the run is.

        Args:
            words: What there is to say.
            done: Batches that are done, of training or of an evaluation outside of it.
            total: All of them.
        """

    def _restart(self) -> None:
        now = time.monotonic()
        self._due, self._since = now + self.first, now
        self._evaluated = 0

    def _is_due(self) -> bool:
        if not self._is_enabled or time.monotonic() < self._due:
            return False
        self._due = time.monotonic() + self.every
        return True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._restart()
        self._begun = None

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Count the examples, and show the step if it is time."""
        self._examples += len(batch["clip"]) * trainer.world_size
        if self._begun is None:
            self._begun = time.monotonic(), trainer.fit_loop.total_batch_idx + 1
        if self._is_due():
            self.show(*self._training(trainer, self._rate()))

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop the clock of training."""
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            self._seconds += time.monotonic() - self._since
            self._evaluated = 0
        else:
            self._restart()

    def on_validation_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Show how far a validation is."""
        totals = (
            trainer.num_sanity_val_batches if trainer.sanity_checking else trainer.num_val_batches
        )
        self._evaluate(trainer, "validation", totals)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note the error, and go on with the clock of training."""
        self._since = time.monotonic()
        name = monitored(trainer)
        if name is not None and name in trainer.callback_metrics and not trainer.sanity_checking:
            self._error = f"{name} {value_text(name, float(trainer.callback_metrics[name]))}"

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._restart()

    def on_test_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Show how far a test is."""
        self._evaluate(trainer, "test", trainer.num_test_batches)

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._restart()

    def on_predict_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Show how far a prediction is."""
        self._evaluate(trainer, "prediction", trainer.num_predict_batches)

    def _evaluate(self, trainer: Trainer, noun: str, totals: Any) -> None:
        self._evaluated += 1
        if not self._is_due():
            return
        total = sum(totals) if isinstance(totals, list) else totals
        word = f"{noun} {self._evaluated:,}/{total:,}"
        if self._begun is not None and noun == "validation":
            words, done, total = self._training(trainer, None)
            self.show([word, *words], done, total)
        else:
            self.show([word], self._evaluated, total)

    def _rate(self) -> float:
        """Return the examples per second since the last time."""
        now = time.monotonic()
        seconds = self._seconds + now - self._since
        rate = self._examples / max(seconds, 1e-9)
        self._examples, self._seconds, self._since = 0, 0.0, now
        return rate

    def _training(self, trainer: Trainer, rate: float | None) -> tuple[list[str], int, float]:
        """Return what there is to say of a training, and its batches, done and in all."""
        done, total = trainer.fit_loop.total_batch_idx + 1, total_batches(trainer)
        steps = f"step {trainer.global_step:,}"
        if trainer.lightning_module.automatic_optimization and math.isfinite(total):
            steps += f"/{_total_steps(trainer, total):,}"
        epoch, epochs = trainer.current_epoch + 1, trainer.max_epochs
        if epochs is None or epochs == -1:
            words = [f"epoch {epoch}", steps]
        else:
            # At the end of the last one Lightning is at the next.
            words = [f"epoch {min(epoch, epochs)}/{epochs}", steps]
        metrics = trainer.callback_metrics
        losses = [name for name in metrics if name.startswith("train/")]
        name = "train/loss" if "train/loss" in losses else next(iter(losses), None)
        if name is not None:
            words.append(f"{name.removeprefix('train/')} {float(metrics[name]):.4g}")
        if self._error is not None:
            words.append(self._error)
        if rate is not None and self.tells_rate:
            words.append(f"{rate:,.0f} examples/s")
        begun, first = self._begun or (0.0, done)
        if first < done < total < math.inf:
            left = (total - done) * (time.monotonic() - begun) / (done - first)
            words.append(f"{timedelta(seconds=round(left))} left")
        return words, done, total


class ProgressLines(RunProgress):
    """Prints a line now and then, where there is no terminal.

    Args:
        every: Seconds between two lines; the first comes early.
    """

    def __init__(self, every: float = 30.0) -> None:
        super().__init__(min(_FIRST, every), every)

    def show(self, words: list[str], done: int, total: float) -> None:
        """Print a line."""
        print(", ".join(words), file=sys.stdout, flush=True)


def total_batches(trainer: Trainer) -> float:
    """Return the number of batches of the whole training, infinity where it is not known."""
    epochs = math.inf if trainer.max_epochs in (None, -1) else float(trainer.max_epochs or 0)
    total = epochs * trainer.num_training_batches
    if trainer.max_steps > 0 and trainer.lightning_module.automatic_optimization:
        total = min(total, trainer.max_steps * trainer.accumulate_grad_batches)
    return total


def _total_steps(trainer: Trainer, batches: float) -> int:
    per_epoch = math.ceil(trainer.num_training_batches / trainer.accumulate_grad_batches)
    steps = math.ceil(batches / trainer.num_training_batches * per_epoch)
    return min(steps, trainer.max_steps) if trainer.max_steps > 0 else steps


def monitored(trainer: Trainer) -> str | None:
    """Return the name of what the best checkpoint is chosen by, or None."""
    keepers = (c for c in trainer.checkpoint_callbacks if isinstance(c, ModelCheckpoint))
    return next((keeper.monitor for keeper in keepers), None)


def value_text(name: str, value: float) -> str:
    """Return a value with its unit.

    Example:
        >>> value_text("val/mpjpe", 71.26), value_text("train/loss", 0.01234)
        ('71.3 mm', '0.01234')
    """
    metric = find(name)
    return f"{value:.4g}" if metric is None else f"{value:.1f} {metric.unit}".strip()
