"""Bar in a terminal: one over the whole run."""

from typing import Any

from lightning import LightningModule, Trainer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from callbacks.progress import RunProgress

# Seconds between two looks at the device.
_EVERY = 0.5
_BAR_WIDTH = 20
# Columns of a terminal in which the examples per second have room beside the rest.
_WIDE = 110


class RunProgressBar(RunProgress):
    """Shows the whole run as one bar, with loss, error and time left beside it."""

    def __init__(self) -> None:
        super().__init__(0.0, _EVERY)
        self._bar: tuple[Progress, TaskID] | None = None
        self.tells_rate = Console().width >= _WIDE

    def show(self, words: list[str], done: int, total: float) -> None:
        """Draw the bar."""
        if self._bar is None:
            # Drawn by the run itself: a thread would be one more at every fork of a worker.
            progress = Progress(
                BarColumn(_BAR_WIDTH, finished_style="green"),
                TextColumn("{task.description}", markup=False),
                console=Console(),
                auto_refresh=False,
            )
            self._bar = progress, progress.add_task("")
        progress, task = self._bar
        progress.update(task, description="  ".join(words), completed=done, total=total)
        progress.start()
        progress.refresh()

    def _end(self) -> None:
        if self._bar is not None:
            self._bar[0].stop()
            self._bar = None

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the bar as it is at the end."""
        if self._is_enabled and self._begun is not None:
            self.show(*self._training(trainer, None))
        self._end()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Give the terminal back."""
        self._end()

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Give the terminal back before anything is printed."""
        self._end()

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Print above the bar."""
        if self._bar is None:
            print(*args, **kwargs)
        else:
            self._bar[0].console.print(*args)
