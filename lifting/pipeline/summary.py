"""Summary of a matrix: each cell of the grid over its seeds, and the best cell by validation."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lifting.pipeline.matrix import SEED
from lifting.pipeline.plan import Pipeline, Stage
from lifting.runs.folder import CONFIG, Row, read_config, read_curves
from lifting.runs.options import option_text
from lifting.runs.spread import Spread

# Of a row of the report, what is not measured.
_NO_METRICS = ("stage", "average", "seconds", "frames")


@dataclass(frozen=True)
class Chosen:
    """What the best checkpoint of a run was chosen by.

    Attributes:
        metric: The metric, ``val/mpjpe``.
        mode: ``min`` or ``max``.
        value: Its best value.
    """

    metric: str
    mode: str
    value: float


def chosen_by(folder: Path) -> Chosen | None:
    """Return what a run's best checkpoint was chosen by; None where nothing was measured.

    Raises:
        InputError: If its configuration or its log is damaged.
    """
    if not (folder / CONFIG).is_file():
        return None
    best = read_config(folder).get("best")
    if not isinstance(best, dict):
        return None
    metric = best.get("monitor")
    _, values = read_curves(folder).get(str(metric), ([], []))
    values = [value for value in values if math.isfinite(value)]
    if not values:
        return None
    mode = str(best.get("mode", "min"))
    return Chosen(str(metric), mode, max(values) if mode == "max" else min(values))


class GridCell:
    """The runs of a stage that differ in nothing but the seed.

    Attributes:
        stage: Name of the stage.
        point: The values of its grid, by their short names.
        runs: The runs, one a seed.
    """

    def __init__(self, stage: str, point: Mapping[str, Any]) -> None:
        self.stage = stage
        self.point = point
        self.runs: list[Stage] = []

    @property
    def name(self) -> str:
        """The point in words."""
        return ", ".join(f"{name} {option_text(value)}" for name, value in self.point.items())

    @cached_property
    def validation(self) -> tuple[str, str, Spread] | None:
        """The metric that its runs were chosen by, its mode and its values; None without one."""
        chosen = [chosen_by(run.folder) for run in self.runs]
        known = [choice for choice in chosen if choice is not None]
        kinds = {(choice.metric, choice.mode) for choice in known}
        if len(known) < len(chosen) or len(kinds) != 1:
            return None
        return (*kinds.pop(), Spread.of([choice.value for choice in known]))

    def row(self, rows: Sequence[Row], average: str) -> tuple[int | None, dict[str, Spread]]:
        """Return the number of frames of an average of its tests, and what they measured."""
        names = {run.name for run in self.runs}
        mine = [row for row in rows if row["stage"] in names and row["average"] == average]
        frames = {row["frames"] for row in mine}
        metrics = dict.fromkeys(name for row in mine for name in row if name not in _NO_METRICS)
        measured = {m: [row[m] for row in mine if m in row] for m in metrics}
        return (
            frames.pop() if len(frames) == 1 else None,
            {metric: Spread.of(values) for metric, values in measured.items()},
        )


def grid_cells(pipeline: Pipeline) -> dict[str, list[GridCell]]:
    """Return the cells of every training and test that has a matrix, by its stage."""
    cells: dict[str, dict[str, GridCell]] = {}
    for stage in pipeline.stages.values():
        if stage.cell.name is None or stage.command:
            continue
        point = {
            label: stage.cell.point[axis]
            for axis, label in stage.cell.labels.items()
            if axis.option != SEED
        }
        cell = GridCell(stage.stage, point)
        cells.setdefault(stage.stage, {}).setdefault(cell.name, cell).runs.append(stage)
    return {stage: list(of_stage.values()) for stage, of_stage in cells.items()}


def best_cell(cells: Sequence[GridCell]) -> tuple[GridCell | None, str]:
    """Return the best of several cells by what they were validated on, and the sentence that says so.

    The test has no part in it. A cell counts with the mean over its seeds.
    """
    if not all(cell.runs[0].trains for cell in cells):
        return None, ""
    found = [(cell, cell.validation) for cell in cells]
    known = [(cell, *of_cell) for cell, of_cell in found if of_cell is not None]
    if len(known) < len(found):
        return None, "No cell is the best, for not all were validated."
    if len({(metric, mode) for _, metric, mode, _ in known}) > 1:
        return None, "No cell is the best, for they were validated by different metrics."
    if len(known) < 2:
        return None, ""
    # Behind it is torch, which reading a plan does not need.
    from lifting.metrics.registry import title

    sign = -1 if known[0][2] == "max" else 1
    cell, metric, mode, values = min(known, key=lambda item: sign * item[3].mean)
    extreme = "highest" if mode == "max" else "lowest"
    over = f"mean ± sd of {len(cell.runs)} seeds, " if len(cell.runs) > 1 else ""
    return cell, (
        f"Best cell by validation: **{cell.name}**, {title(metric)} {values.text(2)} "
        f"({over}the {extreme} of {len(cells)} cells). The test has no part in the choice."
    )
