"""Report of a pipeline: the results of its stages' tests, and how long each took."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from lifting.errors import InputError
from lifting.files import write_together
from lifting.pipeline.plan import Pipeline, Stage
from lifting.pipeline.records import read_record
from lifting.pipeline.summary import GridCell, best_cell, grid_cells
from lifting.runs.folder import Row, read_table
from lifting.runs.options import option_text
from lifting.runs.spread import Spread

# The last rows of every test's table.
_AVERAGES = ("action average", "frame average")
# What a test leaves to look at (:class:`callbacks.pose_page.PosePage`).
PAGE = Path("pictures/test.html")


def clock(seconds: float) -> str:
    """Return a duration for people.

    Example:
        >>> clock(3723.4)
        '1:02:03'
    """
    return str(timedelta(seconds=round(seconds)))


def report_rows(pipeline: Pipeline) -> list[Row]:
    """Return one row per average and tested stage: names, frames, metrics and seconds.

    Raises:
        InputError: If a test's table is missing or another program's.
    """
    tested = [stage for stage in pipeline.stages.values() if not stage.command]
    return [_row(stage, average) for average in _AVERAGES for stage in tested]


def _row(stage: Stage, average: str) -> Row:
    rows = read_table(stage.folder)
    kind = next(iter(rows[0]))
    label = average.replace("action", kind)
    averages = [row for row in rows if row[kind] == label]
    if not averages:
        repeat = f"repeat the test: lifting test --run {stage.folder}"
        raise InputError(f"has no {label}", stage.folder / "test.csv", repeat)
    values = {name: value for name, value in averages[0].items() if name != kind}
    record = read_record(stage)
    seconds = record.seconds if record is not None else 0.0
    return {"stage": stage.name, "average": average, "seconds": seconds, **values}


def write_report(pipeline: Pipeline) -> Path:
    """Write ``report.md``, and the same as data to ``report.json``; return the first.

    Stages whose tests measure the same share a table. Those that have a matrix come first, each cell of
    the grid over its seeds.
    """
    rows = report_rows(pipeline)
    cells = grid_cells(pipeline)
    parts = [f"# {pipeline.name}\n"]
    for stage, of_stage in cells.items():
        parts += _summary(stage, of_stage, rows)
    for average in _AVERAGES:
        groups: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            if row["average"] == average:
                groups.setdefault(tuple(row), []).append(row)
        parts.append(f"\n## {average.capitalize()}\n")
        parts += [_table(group) for group in groups.values()]
    parts.append("\n## Time\n")
    parts.append(_table([{"stage": s.name, "time": _time(s)} for s in pipeline.stages.values()]))
    pages = [s for s in pipeline.stages.values() if (s.folder / PAGE).is_file()]
    if pages:
        parts.append("\n## Poses to play and turn\n\n")
        parts += [
            f"- [{s.name}]({(s.folder / PAGE).relative_to(pipeline.folder)})\n" for s in pages
        ]
    path = pipeline.folder / "report.md"
    content = {"runs": rows, "cells": _data(cells, rows)} if cells else rows
    data = json.dumps(content, indent=2, default=str) + "\n"
    write_together({path.with_suffix(".json"): data.encode(), path: "".join(parts).encode()})
    return path


def _summary(stage: str, cells: Sequence[GridCell], rows: Sequence[Row]) -> list[str]:
    """Return the part of a stage with a matrix: a row a cell of its grid, mean ± sd over seeds."""
    several = any(len(cell.runs) > 1 for cell in cells)
    parts = [f"\n## {stage}{', mean ± sd over seeds' if several else ''}\n"]
    _, sentence = best_cell(cells)
    if sentence:
        parts.append(f"\n{sentence}\n")
    for average in _AVERAGES:
        lines = []
        for cell in cells:
            frames, measured = cell.row(rows, average)
            line: Row = {n: option_text(value) for n, value in cell.point.items()}
            line |= {"runs": len(cell.runs)}
            if (validation := cell.validation) is not None:
                line[validation[0]] = validation[2]
            lines.append(line | {"frames": "–" if frames is None else frames} | measured)
        columns = dict.fromkeys(name for line in lines for name in line)
        parts.append(f"\n{average.capitalize()}:\n")
        parts.append(_table([{name: line.get(name, "–") for name in columns} for line in lines]))
    return parts


def _data(cells: Mapping[str, Sequence[GridCell]], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the summaries as data."""
    data = []
    for stage, of_stage in cells.items():
        best, _ = best_cell(of_stage)
        for cell in of_stage:
            validation = cell.validation
            averages = {}
            for average in _AVERAGES:
                frames, measured = cell.row(rows, average)
                averages[average] = {
                    "frames": frames,
                    **{m: asdict(s) for m, s in measured.items()},
                }
            entry = {
                "stage": stage,
                "point": dict(cell.point),
                "runs": [run.name for run in cell.runs],
                "validation": None,
                "best_by_validation": cell is best,
                "test": averages,
            }
            if validation is not None:
                metric, mode, values = validation
                entry["validation"] = {"metric": metric, "mode": mode, **asdict(values)}
            data.append(entry)
    return data


def _time(stage: Stage) -> str:
    record = read_record(stage)
    # A file that was there before the pipeline took it no time.
    return clock(record.seconds) if record is not None and record.commands else "–"


def _table(rows: Sequence[Row]) -> str:
    # Behind it is torch, which reading a plan does not need.
    from lifting.metrics.registry import find, with_unit

    measured = [n for n in rows[0] if any(not _is_nan(row[n]) for row in rows)]
    columns = [name for name in measured if name not in ("average", "seconds")]
    heads = [with_unit(name, columns) if find(name, columns) else name for name in columns]
    lines = [heads, ["---"] * len(columns), *([_text(row[c]) for c in columns] for row in rows)]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _is_nan(value: Any) -> bool:
    number = value.mean if isinstance(value, Spread) else value
    return isinstance(number, float) and math.isnan(number)


def _text(value: Any) -> str:
    if isinstance(value, Spread):
        return value.text(2)
    return f"{value:.2f}" if isinstance(value, float) else str(value)
