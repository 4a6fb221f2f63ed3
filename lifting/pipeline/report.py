"""Report of a pipeline: the results of its stages' tests, and how long each took."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from lifting.errors import InputError
from lifting.files import write_together
from lifting.pipeline.plan import Pipeline, Stage
from lifting.pipeline.records import read_record
from lifting.runs.folder import Row, read_table

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

    Stages whose tests measure the same share a table.
    """
    rows = report_rows(pipeline)
    parts = [f"# {pipeline.name}\n"]
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
    data = json.dumps(rows, indent=2) + "\n"
    write_together({path.with_suffix(".json"): data.encode(), path: "".join(parts).encode()})
    return path


def _time(stage: Stage) -> str:
    record = read_record(stage)
    # A file that was there before the pipeline took it no time.
    return clock(record.seconds) if record is not None and record.commands else "–"


def _table(rows: Sequence[Row]) -> str:
    columns = [name for name in rows[0] if name not in ("average", "seconds")]
    lines = [columns, ["---"] * len(columns), *([_text(row[c]) for c in columns] for row in rows)]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _text(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
