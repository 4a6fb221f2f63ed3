"""Record of each test of a run, ``test.json``: what was measured, of what, on what, by which code."""

from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_only

from lifting.files import sha256
from lifting.metrics import EvaluationResult
from lifting.results.record import RECORD, Record, finite
from lifting.runs.code_version import running_version
from lifting.runs.hardware import hardware


class ResultRecord(Callback):
    """Writes ``test.json`` beside the table of a test, for :mod:`lifting.results`.

    Args:
        folder: Folder of the run.

    Attributes:
        options: All options of the command, by name; nothing outside of the command line.
        command: The command line.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.options: dict[str, Any] = {}
        self.command = ""

    @rank_zero_only
    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the record."""
        result: EvaluationResult = pl_module.test_result  # type: ignore[assignment]
        trained: dict[str, Any] = getattr(pl_module, "trained", {})
        checkpoint = Path(trainer.ckpt_path or "")
        Record(
            method=type(pl_module).__name__,
            frames=sum(result.frames),
            averages={
                result.grouping: finite(result.action_mean),
                "frame": finite(result.frame_mean),
            },
            rows={
                name: {"frames": frames, **finite({m: v[i] for m, v in result.rows.items()})}
                for i, (name, frames) in enumerate(zip(result.actions, result.frames, strict=True))
            },
            options=self.options,
            data=dict(getattr(trainer.datamodule, "fingerprint", {})),  # type: ignore[attr-defined]
            trained=trained.get("starts", []),
            tested={
                **running_version(),
                "hardware": hardware(trainer.strategy.root_device, trainer.world_size),
                "torch": metadata.version("torch"),
                "time": datetime.now(UTC).isoformat(timespec="seconds"),
                "command": self.command,
            },
            steps=trained.get("steps"),
            batches=trained.get("batches"),
            epochs=trained.get("epochs"),
            parameters=sum(p.numel() for p in pl_module.parameters()),
            checkpoint=sha256(checkpoint) if checkpoint.is_file() else None,
            stages={**getattr(pl_module, "origin", {}), **getattr(pl_module, "frozen", {})},
        ).write(self.folder / RECORD)
