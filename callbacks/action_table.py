"""Table of a test as papers print it: errors per action, action-averaged and frame-averaged."""

import csv
import math
from pathlib import Path

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_only
from rich.console import Console
from rich.table import Table

from lifting.files import beside
from lifting.metrics import EvaluationResult
from lifting.metrics.registry import find, title, with_unit

_NONE = "–"


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
        return f"{value:.1f}" if math.isfinite(value) else _NONE
    return f"{value}"


def write_csv(path: Path, rows: list[dict[str, object]]) -> None:
    """Write the rows of a table."""
    with beside(path) as partial, partial.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _measured(rows: list[dict[str, object]], columns: list[str]) -> list[str]:
    """Return the columns that have a value in any row."""
    return [c for c in columns if any(_text(row[c]) != _NONE for row in rows)]


def print_table(rows: list[dict[str, object]], heading: str) -> None:
    """Print the rows of a table under the titles of their metrics.

    Those that the registry keeps from the console, and those that were not measured, are left out.
    """
    kind, _, *columns = rows[0]
    entries = {name: find(name, columns) for name in _measured(rows, columns)}
    shown = {name: entry for name, entry in entries.items() if not entry or entry.console}
    table = Table(f"{kind}\n", "frames\n", title=heading)
    for name, entry in shown.items():
        head = title(name, columns)
        table.add_column(f"{head}\n{entry.unit} {entry.arrow}" if entry else head)
    for row in rows:
        if row[kind] == f"{kind} average":
            table.add_section()
        table.add_row(
            str(row[kind]).replace("_", " "),
            f"{row['frames']:,}",
            *(_text(row[name]) for name in shown),
        )
    Console(width=110).print(table)


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
        shown = _measured(rows, columns)
        write_csv(self.folder / "test.csv", rows)
        heads = [with_unit(name, columns) for name in shown]
        lines = [heads, ["---"] * len(shown), *([_text(r[c]) for c in shown] for r in rows)]
        table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
        with beside(self.folder / "test.md") as partial:
            partial.write_text(table, encoding="utf-8")
        print_table(rows, "Test")
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                values = [[r[c] for c in columns] for r in rows]
                logger.log_table("test/actions", columns=columns, data=values)
