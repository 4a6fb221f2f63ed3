"""Provenance of a run: commands, code, libraries, machine, data, and the configuration that ran."""

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.trainer.states import TrainerFn

from lifting.files import beside
from lifting.runs.code_version import running_version
from lifting.runs.folder import CONFIG, PROVENANCE, read_config, read_provenance
from lifting.runs.options import Changes, differences, flat
from lifting.runs.resumption import kept

# Options that may change what comes out of a test.
_OF_RESULTS = ("model", "data", "trainer")
_LIBRARIES = ("torch", "lightning", "torchmetrics", "numpy", "h5py", "wandb", "jsonargparse")


@dataclass(frozen=True)
class Start:
    """A start of a command on a run.

    Attributes:
        command: The command line.
        configuration: The whole configuration, the text of a ``config.yaml``.
        options: The same, by name (:func:`lifting.runs.options.flat`).
        changed: Options in which a resumed training differs from what it was before.
    """

    command: str
    configuration: str
    options: Mapping[str, Any]
    changed: Changes


class Provenance(Callback):
    """Writes ``config.yaml`` and ``provenance.json``, and tells W&B: what happened, a start an entry.

    A training is written down when it has taken its first step, so that one which fails before, or is
    refused, changes nothing; a test or a prediction as it begins. What a resumption compares is kept in
    the checkpoints.

    Args:
        folder: Folder of the run.

    Attributes:
        start: What the command line knows of this start; nothing outside of it.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.start: Start | None = None
        self._entry: dict[str, Any] | None = None
        self._kept: dict[str, Any] = {}

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note what checkpoints keep, and refuse a damaged record while nothing is written."""
        data = dict(getattr(trainer.datamodule, "fingerprint", {}))  # type: ignore[attr-defined]
        options = {} if self.start is None else kept(self.start.options)
        self._kept = {"options": options, "processes": trainer.world_size, "data": data}
        if trainer.is_global_zero:
            read_provenance(self.folder)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note where the training begins, or goes on."""
        self._entry = self._describe(trainer, pl_module, "fit")
        self._entry |= {"step": trainer.global_step, "epoch": trainer.current_epoch}
        changed = {} if self.start is None else self.start.changed
        self._entry["changed"] = {name: list(values) for name, values in changed.items()}

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Record the training, once it has taken a step."""
        if self._entry is not None and trainer.global_step > self._entry["step"]:
            self._record(trainer, self._entry)
            self._entry = None

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record a test."""
        self._record(trainer, self._describe(trainer, pl_module, "test"))

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record a prediction."""
        self._record(trainer, self._describe(trainer, pl_module, "predict"))

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record a validation that is no part of a training."""
        if trainer.state.fn == TrainerFn.VALIDATING:
            self._record(trainer, self._describe(trainer, pl_module, "validate"))

    def state_dict(self) -> dict[str, Any]:
        """Return the options, the number of processes and the digests of the data."""
        return self._kept

    def _describe(self, trainer: Trainer, module: LightningModule, stage: str) -> dict[str, Any]:
        return {
            "stage": stage,
            "command": "" if self.start is None else self.start.command,
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "changes": {},
            "code": running_version(),
            "libraries": {name: metadata.version(name) for name in _LIBRARIES},
            "python": platform.python_version(),
            "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
            "devices": _devices(trainer),
            "data": getattr(trainer.datamodule, "fingerprint", {}),  # type: ignore[attr-defined]
            "frozen": {**getattr(module, "origin", {}), **getattr(module, "frozen", {})},
        }

    def _record(self, trainer: Trainer, entry: dict[str, Any]) -> None:
        if not trainer.is_global_zero:
            return
        config = self.folder / CONFIG
        writes_config = entry["stage"] == "fit" or not config.is_file()
        if self.start is not None and not writes_config:
            before = flat(read_config(self.folder))
            entry["changes"] = {
                name: now
                for name, (_, now) in differences(before, self.start.options).items()
                if name.partition(".")[0] in _OF_RESULTS
            }
        entries = [*read_provenance(self.folder), entry]
        with beside(self.folder / PROVENANCE) as partial:
            partial.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
        if self.start is not None and writes_config:
            with beside(config) as partial:
                partial.write_text(self.start.configuration, encoding="utf-8")
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                logger.log_hyperparams({"provenance": entry})


def _devices(trainer: Trainer) -> str:
    kind = "CPU"
    if trainer.strategy.root_device.type == "cuda":
        kind = torch.cuda.get_device_name(trainer.strategy.root_device)
    return f"{trainer.world_size} x {kind}"
