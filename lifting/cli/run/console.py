"""Console of a run: a bar or lines, a table of the networks, and what Lightning says that is no news."""

import logging
import sys
from collections.abc import Sequence

from lightning import Callback, Trainer
from lightning.pytorch.callbacks import ModelSummary, ProgressBar

# Beginnings of what Lightning tells about other products, devices that are not there, and itself.
_NO_NEWS = (
    "💡 Tip:",
    "GPU available:",
    "TPU available:",
    "HPU available:",
    "Loading `train_dataloader` to estimate",
    "Restoring states from the checkpoint path",
    "`Trainer.fit` stopped:",
)


def _is_news(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(_NO_NEWS)


def silence_no_news() -> None:
    """Keep from the console what Lightning says that is no news; its warnings stay."""
    logging.getLogger("lightning.pytorch.utilities.rank_zero").addFilter(_is_news)


def configured_callbacks(given: Sequence[Callback] | Callback | None) -> list[Callback]:
    """Return the callbacks of a configuration, several, one or none, as a list of its own."""
    return [given] if isinstance(given, Callback) else list(given or [])


def show_progress(trainer: Trainer, given: Sequence[Callback], every: float) -> None:
    """Replace Lightning's bar and summary, where there are any, by those of the suite.

    Args:
        trainer: The Trainer.
        given: The callbacks of the configuration, which stay (:func:`configured_callbacks`).
        every: Seconds between two lines of progress where there is no terminal.
    """
    from callbacks.network_table import NetworkTable
    from callbacks.progress import ProgressLines
    from callbacks.progress_bar import RunProgressBar

    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    for index, callback in enumerate(callbacks):
        if any(callback is one for one in given):
            continue
        if isinstance(callback, ProgressBar):
            in_terminal = sys.stdout.isatty()
            callbacks[index] = RunProgressBar() if in_terminal else ProgressLines(every)
        elif isinstance(callback, ModelSummary):
            callbacks[index] = NetworkTable()
