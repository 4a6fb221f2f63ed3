"""Pictures of the same few poses, epoch after epoch."""

from pathlib import Path

import matplotlib.pyplot as plt
import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_only

from lifting.metrics.functional import mpjpe
from lifting.skeletons import skeleton
from lifting.viz.figures import prediction_figure


class PosePictures(Callback):
    """Draws 2D input, prediction and truth of fixed samples to ``pictures/`` and to W&B.

    The samples are spread evenly over the validation or test split.

    Args:
        folder: Folder of the run.
        samples: Number of poses.
        every_n_epochs: Epochs between two pictures.
    """

    def __init__(self, folder: str | Path, samples: int = 6, every_n_epochs: int = 5) -> None:
        self.folder = Path(folder) / "pictures"
        self.samples = samples
        self.every_n_epochs = every_n_epochs

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
        bank = trainer.datamodule.bank(split)  # type: ignore[attr-defined]
        where = torch.linspace(0, len(bank) - 1, self.samples).long()
        bank.to(module.device)
        batch = bank.batch(bank.rows[where].to(module.device))
        # The first output frame of each sample, and the input frame that it stands for.
        lifted = module.lift(batch)[:, 0].float()  # type: ignore[operator]
        truth = module.target(batch)[:, 0] if "pose" in batch else None  # type: ignore[operator]
        now = bank.windows.left // bank.windows.dilation
        titles = [bank.keys[c].sequence for c in batch["clip"].tolist()]
        if truth is not None:
            errors = mpjpe(lifted, truth).tolist()
            titles = [f"{t}\n{e:.0f} mm" for t, e in zip(titles, errors, strict=True)]
        figure = prediction_figure(
            batch["keypoints"][:, now].cpu().numpy(),
            lifted.cpu().numpy(),
            None if truth is None else truth.cpu().numpy(),
            skeleton(module.hparams["keypoint_skeleton"]),
            skeleton(module.hparams["skeleton"]),
            titles,
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.png"
        figure.savefig(path, dpi=110)
        plt.close(figure)
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                logger.log_image(f"pictures/{split}", [str(path)])
