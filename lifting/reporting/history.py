"""History of runs: the commands that were given, and the options that changed on the way."""

from collections.abc import Sequence
from typing import Any

from lifting.reporting.gathering import ReportedRun
from lifting.runs.folder import Row
from lifting.runs.options import describe, option_text


def history(runs: Sequence[ReportedRun]) -> list[Row]:
    """Return the commands of runs in their order, one per row; a repeated one is counted.

    Of a resumed training the options that changed are told, of a test or a prediction those that it was
    given beside the configuration.

    Runs from before commands were written down have none.
    """
    rows: list[Row] = []
    for run in runs:
        last: tuple[str, str] | None = None
        for entry in run.provenance:
            command = str(entry.get("command") or "")
            if not command:
                continue
            beside = (f"{n} {option_text(v)}" for n, v in (entry.get("changes") or {}).items())
            changed = "; ".join([*describe(_changes(entry)), *beside])
            if (entry["stage"], command) == last and not changed:
                rows[-1]["times"] += 1
                continue
            step = entry.get("step")
            rows.append(
                {
                    "run": run.label,
                    "what": entry["stage"],
                    "from step": "" if step is None else f"{step:,}",
                    "command": command,
                    "times": 1,
                    "changed": changed,
                }
            )
            last = entry["stage"], command
    return rows


def values(run: ReportedRun, option: str) -> list[tuple[int, Any]]:
    """Return the values an option had in a training, and the steps from which it had them.

    What a resumption took back, because it went on from an earlier step, is left out. An option that
    never changed has none.
    """
    course: list[tuple[int, Any]] = []
    for entry in run.provenance:
        if entry["stage"] != "fit" or not isinstance(entry.get("step"), int):
            continue
        step = entry["step"]
        course = [(begin, value) for begin, value in course if begin < step or begin == 0]
        if option in (changed := _changes(entry)):
            before, now = changed[option]
            course = course or [(0, before)]
            if course[-1][1] != now:
                course.append((step, now))
    return course if len(course) > 1 else []


def told(run: ReportedRun, option: str) -> str | None:
    """Return the course of an option as text, or None where it never changed.

    Example:
        >>> from pathlib import Path
        >>> start = {"stage": "fit", "step": 40, "changed": {"model.lr": [0.1, 0.5]}}
        >>> told(ReportedRun("first", Path("first"), {}, provenance=[start]), "model.lr")
        '0.1; from step 40 0.5'
    """
    course = values(run, option)
    if not course:
        return None
    (_, first), *later = course
    return "; ".join(
        [option_text(first), *(f"from step {step:,} {option_text(v)}" for step, v in later)]
    )


def courses(run: ReportedRun) -> dict[str, str]:
    """Return every option that changed in the course of a training, with its values as text."""
    names = dict.fromkeys(name for entry in run.provenance for name in _changes(entry))
    texts = {name: told(run, name) for name in names}
    return {name: course for name, course in texts.items() if course is not None}


def _changes(entry: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (before, now) for name, (before, now) in (entry.get("changed") or {}).items()}
