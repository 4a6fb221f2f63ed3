"""Options in which runs differ, and the provenance of each run."""

import json
from collections.abc import Sequence
from typing import Any

from lifting.reporting.gathering import ReportedRun
from lifting.reporting.history import courses
from lifting.runs.folder import Row

_NONE = "–"
# Different in every run, and meaningless.
_IGNORED = ("run", "ckpt_path")
SEEDS = ("seed_everything", "model.init_args.seed", "data.init_args.seed")
_LIBRARIES = ("Python", "torch", "lightning")
_DIGITS = 10


def differences(runs: Sequence[ReportedRun]) -> list[Row]:
    """Return the options that are not the same everywhere, one per row, a column per run."""
    flat = {run.label: _flat(run.config) | _courses(run) for run in runs}
    names = dict.fromkeys(name for options in flat.values() for name in options)
    rows = []
    for name in names:
        values = {label: options.get(name, _NONE) for label, options in flat.items()}
        if name not in _IGNORED and len(set(values.values())) > 1:
            rows.append({"option": name.replace(".init_args.", "."), **values})
    return rows


def _courses(run: ReportedRun) -> dict[str, str]:
    """Return options that changed in the course of a training, by their whole path, as text."""
    changed = courses(run)
    names = {name: name.replace(".init_args.", ".") for name in _flat(run.config)}
    return {name: changed[short] for name, short in names.items() if short in changed}


def shared(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Part options that every run has from those that only some have, as those of one method."""
    partly = [_NONE in row.values() for row in rows]
    return (
        [row for row, some in zip(rows, partly, strict=True) if not some],
        [row for row, some in zip(rows, partly, strict=True) if some],
    )


def _flat(content: dict[str, Any], before: str = "") -> dict[str, str]:
    """Return options by their whole path, as text."""
    options: dict[str, str] = {}
    for name, value in content.items():
        if isinstance(value, dict):
            options |= _flat(value, f"{before}{name}.")
        else:
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            # A class by its own name: its module says no more.
            options[before + name] = text.rpartition(".")[2] if name == "class_path" else text
    return options


def origins(runs: Sequence[ReportedRun]) -> list[Row]:
    """Return the provenance of runs, one fact per row, a column per run."""
    facts = {run.label: _facts(run) for run in runs}
    names = dict.fromkeys(name for of_run in facts.values() for name in of_run)
    return [
        {"": name, **{label: of_run.get(name, _NONE) for label, of_run in facts.items()}}
        for name in names
    ]


def _facts(run: ReportedRun) -> dict[str, str]:
    facts = {"folder": str(run.folder), "seed": _seeds(run)}
    starts = [entry["stage"] for entry in run.provenance]
    if starts:
        facts["starts"] = ", ".join(f"{starts.count(s)} {s}" for s in dict.fromkeys(starts))
    trained, tested = (_origin(run.start(stage)) for stage in ("fit", "test"))
    for name in dict.fromkeys([*trained, *tested]):
        first, last = trained.get(name, _NONE), tested.get(name, _NONE)
        facts[name] = first if first == last else f"trained {first}; tested {last}"
    if beside := _beside(run.start("predict")):
        facts["options of predict beside the configuration"] = beside
    rates = sorted(run.curves.get("train/examples_per_second", ([], []))[1])
    if rates:
        facts["examples per second, median"] = f"{rates[len(rates) // 2]:,.0f}"
    return facts


def _origin(entry: dict[str, Any]) -> dict[str, str]:
    """Return the provenance of a training or a test; nothing where there was none."""
    if not entry:
        return {}
    libraries = {"Python": entry.get("python"), **(entry.get("libraries") or {})}
    facts = {
        "commit": _commit(entry),
        "machine": ", ".join(filter(None, map(entry.get, ("devices", "machine")))),
        "libraries": ", ".join(
            f"{name} {libraries[name]}" for name in _LIBRARIES if libraries.get(name)
        ),
        "data": _files(entry.get("data")),
    }
    if beside := _beside(entry):
        facts["options beside the configuration"] = beside
    if entry.get("frozen"):
        facts["earlier stages"] = _files(entry["frozen"])
    return facts


def _beside(entry: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in (entry.get("changes") or {}).items())


def _seeds(run: ReportedRun) -> str:
    seeds = {name.replace(".init_args.", "."): run.option(name) for name in SEEDS}
    if len(set(seeds.values())) == 1:
        return str(seeds["seed_everything"])
    return ", ".join(f"{name} {seed}" for name, seed in seeds.items())


def _commit(entry: dict[str, Any]) -> str:
    code = entry.get("code") or {}
    commit = str(code.get("commit", "unknown"))[:_DIGITS]
    return f"{commit}, files modified" if code.get("modified") else commit


def _files(digests: dict[str, str] | None) -> str:
    named = (f"{name} {str(digest)[:_DIGITS]}" for name, digest in (digests or {}).items())
    return ", ".join(named) or _NONE
