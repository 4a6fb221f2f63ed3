"""Table of a test as papers print it: errors per action, action-averaged and frame-averaged."""

import csv
import math
from pathlib import Path

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_only
from rich.console import Console
from rich.table import Table

from lifting.metrics import EvaluationResult
from lifting.metrics.registry import find


def table_rows(result: EvaluationResult) -> list[dict[str, object]]:
    """Return one row per action, then the two averages."""
    kind = result.grouping
    rows: list[dict[str, object]] = [
        {kind: action, "frames": frames, **{m: v[i] for m, v in result.rows.items()}}
        for i, (action, frames) in enumerate(zip(result.actions, result.frames, strict=True))
    ]
    total = sum(result.frames)
    rows.append({kind: f"{kind} average", "frames": total, **result.action_mean})
    rows.append({kind: "frame average", "frames": total, **result.frame_mean})
    return rows


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if math.isfinite(value) else "–"
    return f"{value}"


class ActionTable(Callback):
    """Writes the test's table to ``test.csv`` and ``test.md``, prints it and logs it to W&B.

    Args:
        folder: Folder of the run.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    @rank_zero_only
    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the table."""
        result: EvaluationResult = pl_module.test_result  # type: ignore[assignment]
        rows = table_rows(result)
        columns = list(rows[0])
        with (self.folder / "test.csv").open("w", newline="") as stream:
            writer = csv.DictWriter(stream, columns)
            writer.writeheader()
            writer.writerows(rows)
        lines = [columns, ["---"] * len(columns), *([_text(r[c]) for c in columns] for r in rows)]
        (self.folder / "test.md").write_text("".join(f"| {' | '.join(line)} |\n" for line in lines))
        self._print(rows)
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                values = [[r[c] for c in columns] for r in rows]
                logger.log_table("test/actions", columns=columns, data=values)

    def _print(self, rows: list[dict[str, object]]) -> None:
        kind, _, *columns = rows[0]
        entries = {name: find(name) for name in columns}
        # The files hold every metric; the console leaves out what the registry says.
        metrics = {name: entry for name, entry in entries.items() if not entry or entry.console}
        table = Table(f"{kind}\n", "frames\n", title="Test")
        for name, entry in metrics.items():
            table.add_column(f"{name}\n{entry.unit} {entry.arrow}" if entry else name)
        for row in rows:
            if row[kind] == f"{kind} average":
                table.add_section()
            values = (_text(row[m]) for m in metrics)
            table.add_row(str(row[kind]), f"{row['frames']:,}", *values)
        Console(width=110).print(table)
