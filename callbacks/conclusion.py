"""End of a training in words: what the best is, where it lies, and what to do next."""

import shlex
import time
from pathlib import Path

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.utilities import rank_zero_only

from callbacks.progress import value_text
from lifting.checkpoints import read_checkpoint
from lifting.methods.bases.lifter import Lifter
from lifting.runs.folder import run_argument


class Conclusion(Callback):
    """Prints the best value, its epoch and its checkpoint, the seconds, and the next commands.

    Args:
        folder: Folder of the run.
        tests: Whether the training is followed by its test, after which the next commands are told.
    """

    def __init__(self, folder: str | Path, tests: bool = False) -> None:
        self.folder = Path(folder)
        self.tests = tests
        self._started: float | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock."""
        self._started = time.monotonic()

    @rank_zero_only
    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Tell what the training has come to."""
        if self._started is None:
            print("There was nothing left to train.")
        else:
            seconds = time.monotonic() - self._started
            print(f"Trained to step {trainer.global_step:,} in {seconds:,.0f} s.")
        for keeper in trainer.checkpoint_callbacks:
            if isinstance(keeper, ModelCheckpoint) and Path(keeper.best_model_path).is_file():
                print(self._best(keeper))
        if not self.tests:
            print(f"Next: {shlex.join(['lifting', 'test', '--run', run_argument(self.folder)])}")

    @rank_zero_only
    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Tell what a run that is trained and tested is good for."""
        if self.tests:
            print(f"Next: {shlex.join(['lifting', 'report', run_argument(self.folder)])}")
            if isinstance(pl_module, Lifter):
                best = self.folder / "checkpoints" / "best.ckpt"
                print(f"  or: {shlex.join(['lifting', 'lift', 'FILE', '--checkpoint', str(best)])}")

    def _best(self, keeper: ModelCheckpoint) -> str:
        # Lightning knows it by its whole path. A configuration may keep others elsewhere.
        whole = Path(keeper.best_model_path)
        path = self.folder / "checkpoints" / whole.name
        path = path if path.is_file() and path.samefile(whole) else whole
        epoch = read_checkpoint(path)["epoch"] + 1
        if keeper.monitor is None or keeper.best_model_score is None:
            return f"Last epoch: {epoch}, in {path}"
        value = value_text(keeper.monitor, float(keeper.best_model_score))
        return f"Best {keeper.monitor}: {value} in epoch {epoch}, in {path}"
