"""Predicted poses, written to a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import BasePredictionWriter
from torch import Tensor

from lifting.files import beside


class PredictionWriter(BasePredictionWriter):
    """Writes what ``predict`` returns to ``predictions.npz`` in the folder of the run.

    ``pose`` (N, J, 3) root-relative millimetres, or what else the method predicts; ``clip`` (N,) an
    index into ``clips``, whose rows are subject, sequence and camera; ``frame`` (N,) the frame of the
    clip.

    Args:
        folder: Folder of the run.
    """

    def __init__(self, folder: str | Path) -> None:
        super().__init__(write_interval="epoch")
        self.path = Path(folder) / "predictions.npz"

    def write_on_epoch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        predictions: Sequence[Any],
        batch_indices: Sequence[Any],
    ) -> None:
        """Write the file."""
        batches: Sequence[dict[str, Tensor]] = predictions
        joined = {k: torch.cat([b[k] for b in batches]).cpu().numpy() for k in batches[0]}
        clips = np.array(trainer.datamodule.clip_names("test"))  # type: ignore[attr-defined]
        # One file per process: each predicts other clips.
        rank = f".rank{trainer.global_rank}" if trainer.world_size > 1 else ""
        path = self.path.with_suffix(f"{rank}.npz")
        with beside(path) as partial, partial.open("wb") as stream:
            np.savez_compressed(stream, clips=clips, **joined)  # type: ignore[arg-type]
        print(f"{len(joined['frame']):,} frames in {path}")
