"""Checkpoints and tables of a run as artifacts of Weights & Biases."""

from pathlib import Path
from typing import Any

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_only

from callbacks.best_checkpoint import BestCheckpoint
from lifting.runs.folder import TABLE


class WandbArtifacts(Callback):
    """Gives checkpoints to W&B when a training ends, and the table when a test does.

    They are uploaded from where they lie. Offline that is when the record is uploaded.

    Args:
        folder: Folder of the run.
        last: Whether ``last.ckpt`` is given too.
    """

    def __init__(self, folder: Path, last: bool = False) -> None:
        self.folder = folder
        self.last = last
        self._has_trained = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note that there is something to train; else the record is not even opened."""
        self._has_trained = True

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Give ``model-ID``: the best checkpoint, with what it was chosen by."""
        if not self._has_trained:
            return
        names = ("best.ckpt", "last.ckpt") if self.last else ("best.ckpt",)
        # A configuration may have other checkpoints, which come before it.
        kept: list[Any] = trainer.checkpoint_callbacks
        best = next((c for c in kept if isinstance(c, BestCheckpoint)), None)
        score = getattr(best, "best_model_score", None)
        about = {
            "monitor": getattr(best, "monitor", None),
            "score": None if score is None else float(score),
        }
        self._give(trainer, "model", [self.folder / "checkpoints" / name for name in names], about)

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Give ``test-ID``: the table of a test."""
        self._give(trainer, "test", [self.folder / TABLE], {})

    @rank_zero_only
    def _give(self, trainer: Trainer, kind: str, paths: list[Path], about: dict[str, Any]) -> None:
        present = [path for path in paths if path.is_file()]
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger) and present:
                # A second that runs without W&B need not wait for.
                import wandb

                name = f"{kind}-{logger.experiment.id}"
                artifact = wandb.Artifact(name, type=kind, metadata=about)
                for path in present:
                    # W&B would copy it to the home of the user, outside the run.
                    artifact.add_file(str(path), policy="immutable")
                logger.experiment.log_artifact(artifact)
