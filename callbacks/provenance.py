"""Provenance of a run: code, libraries, machine and data."""

import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_only

from lifting.runs.code_version import code_version

_LIBRARIES = ("torch", "lightning", "torchmetrics", "numpy", "h5py", "wandb", "jsonargparse")


class Provenance(Callback):
    """Writes ``provenance.json`` when a run starts, one entry per start, and tells W&B.

    Args:
        folder: Folder of the run.
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder) / "provenance.json"
        #: Options that override those of the run's configuration, as to a test with mirrored input.
        self.changes: dict[str, Any] = {}

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record the start of a training."""
        self._record(trainer, pl_module, "fit")

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record the start of a test."""
        self._record(trainer, pl_module, "test")

    @rank_zero_only
    def _record(self, trainer: Trainer, module: LightningModule, stage: str) -> None:
        entry = {
            "stage": stage,
            "changes": self.changes,
            "code": code_version(),
            "libraries": {name: metadata.version(name) for name in _LIBRARIES},
            "python": platform.python_version(),
            "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
            "devices": _devices(trainer),
            "data": getattr(trainer.datamodule, "fingerprint", {}),  # type: ignore[attr-defined]
            "frozen": getattr(module, "frozen", {}),
        }
        entries = json.loads(self.path.read_text()) if self.path.is_file() else []
        self.path.write_text(json.dumps([*entries, entry], indent=2) + "\n")
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                logger.experiment.config.update({"provenance": entry}, allow_val_change=True)


def _devices(trainer: Trainer) -> str:
    kind = "CPU"
    if trainer.strategy.root_device.type == "cuda":
        kind = torch.cuda.get_device_name(trainer.strategy.root_device)
    return f"{trainer.world_size} x {kind}"
