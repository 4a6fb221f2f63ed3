"""Pictures of the same few samples, epoch after epoch."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_only
from matplotlib.figure import Figure

from lifting.viz.figures import save_figure


class Pictures(Callback, ABC):
    """Draws fixed samples to ``pictures/`` and to W&B.

    The samples are spread evenly over the validation or test split.

    Args:
        folder: Folder of the run.
        samples: Number of samples.
        every_n_epochs: Epochs between two pictures.
    """

    def __init__(self, folder: str | Path, samples: int = 6, every_n_epochs: int = 5) -> None:
        self.folder = Path(folder) / "pictures"
        self.samples = samples
        self.every_n_epochs = every_n_epochs

    @abstractmethod
    def figure(self, data: Any, module: LightningModule, batch: Any, clips: list[str]) -> Figure:
        """Draw a batch of samples of a datamodule, from the recordings ``clips``."""

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw now and then, and at the end."""
        epoch = trainer.current_epoch + 1
        if trainer.state.fn == "fit" and (
            epoch % self.every_n_epochs == 0 or epoch == trainer.max_epochs
        ):
            self._draw(trainer, pl_module, "val", f"val_epoch{epoch:04d}")

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Draw samples of the test split."""
        self._draw(trainer, pl_module, "test", "test")

    @rank_zero_only
    @torch.no_grad()
    def _draw(self, trainer: Trainer, module: LightningModule, split: str, name: str) -> None:
        data = trainer.datamodule  # type: ignore[attr-defined]
        batch = data.spread(split, self.samples, module.device)
        names = data.clip_names(split)
        figure = self.figure(data, module, batch, [names[c][1] for c in batch["clip"].tolist()])
        path = self.folder / f"{name}.png"
        save_figure(figure, path, make_folder=True)
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                logger.log_image(f"pictures/{split}", [str(path)])
