"""Folder of a run: its place, and the files that training and testing leave in it."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lifting.containers.damage import DATA_ERRORS
from lifting.containers.json_files import parse_json
from lifting.containers.yaml_files import load_yaml
from lifting.errors import InputError, did_you_mean

RUNS = Path("runs")
CONFIG = "config.yaml"
TABLE = "test.csv"
PROVENANCE = "provenance.json"
_LOGS = "logs/version_*/metrics.csv"
# What the name of an option begins with in the logs, at the step from which it has another value.
CHANGE = "change/"

Row = dict[str, Any]
# By name of what was logged: steps and values.
Curves = dict[str, tuple[list[float], list[float]]]


def run_folder(run: str) -> str:
    """Return the folder of a run that is named on a command line or in a configuration.

    A name lies in ``runs/``, also one with slashes. A path is given by beginning it with ``/``, ``./``,
    ``~/`` or ``runs/``; a folder that holds a run already may be named by any path.

    Raises:
        InputError: If it is empty, names no single folder, is the root or the home folder, or would lie
            outside ``runs/`` by ``..``.

    Example:
        >>> run_folder("first"), run_folder("links/occlusion"), run_folder("/scratch/first")
        ('runs/first', 'runs/links/occlusion', '/scratch/first')
    """
    where, remedy = f"run {run!r}", "give it a name, such as first."
    path = Path(run).expanduser() if run == "~" or run.startswith("~/") else Path(run)
    if path == RUNS:
        raise InputError("is the folder of all runs", where, "name one of those in it.")
    if not run.strip() or path == Path():
        raise InputError("is no name of a run", where, remedy)
    if not run.isprintable():
        raise InputError("holds a character that cannot be printed", where, remedy)
    if path.is_absolute() and Path(os.path.normpath(path)) in (Path(path.anchor), Path.home()):
        raise InputError("is no folder of one run alone", where, "name one in it.")
    if path.is_absolute() or _is_run_elsewhere(path):
        return str(path)
    if ".." in path.parts:
        remedy = "give the whole path, from / on, of a run that is to lie elsewhere."
        raise InputError("would lie outside runs/", where, remedy)
    if path.parts[0] == RUNS.name:
        return str(path)
    # pathlib drops the dot, without which a path would be a name.
    return f"./{path}" if run.startswith("./") else str(RUNS / path)


def _is_run_elsewhere(path: Path) -> bool:
    """Return whether a path with folders in it is one of a run, and no name of one in ``runs/``."""
    # Of a path that is too long pathlib would raise, in some versions of Python.
    inside = path.parts[0] != ".." and os.path.isfile(RUNS / path / CONFIG)
    return len(path.parts) > 1 and not inside and os.path.isfile(path / CONFIG)


def run_argument(folder: Path) -> str:
    """Return what to give as ``--run`` for a folder, the inverse of :func:`run_folder`.

    Example:
        >>> run_argument(Path("runs/links/occlusion")), run_argument(Path("elsewhere"))
        ('links/occlusion', './elsewhere')
    """
    if folder.is_absolute() or folder.parts[0] == "..":
        return str(folder)
    inside = folder.is_relative_to(RUNS)
    return str(folder.relative_to(RUNS)) if inside else f"./{folder}"


def no_such_run(folder: Path) -> InputError:
    """Return the error that a run is not there, with the name that may have been meant."""
    names = [run_argument(config.parent) for config in folder.parent.glob(f"*/{CONFIG}")]
    meant = did_you_mean(run_argument(folder), names)
    return InputError("there is no such run", folder, meant or "check its name.")


def read_config(folder: Path) -> dict[str, Any]:
    """Return the configuration of a run, as ``fit`` wrote it.

    Raises:
        InputError: If there is none, or it is damaged.
    """
    path = folder / CONFIG
    if not path.is_file():
        inside = sorted(str(p.parent) for p in folder.glob(f"*/{CONFIG}"))
        if inside:
            some = ", ".join(inside[:5]) + (", …" if len(inside) > 5 else "")
            raise InputError("is a folder of runs and none itself", folder, f"name some of {some}.")
        if folder.is_dir():
            raise InputError("is no run, for it has no config.yaml", folder, "check its name.")
        raise no_such_run(folder)
    try:
        content = load_yaml(path)
    except InputError:
        content = None
    if not isinstance(content, dict) or not _is_whole(content):
        remedy = "give its -c files, with `lifting test` or to go on: they write it again."
        raise InputError("is damaged", path, remedy)
    return content


def _is_whole(content: dict[str, Any]) -> bool:
    """Return whether a configuration has its end, since the beginning of a YAML file is one as well.

    What it lacks would silently be the defaults. Every version writes ``ckpt_path`` after the options of
    trainer, method and data.
    """
    return "trainer" not in content or "ckpt_path" in content


def checkpoint_to_go_on(folder: Path) -> Path | None:
    """Return the last checkpoint of a run, or its best where that alone is left; None without any.

    A first best checkpoint is written before the last one, and the last may have been removed to
    save space: neither is a run that may be begun again over it.
    """
    paths = (folder / "checkpoints" / f"{name}.ckpt" for name in ("last", "best"))
    return next((path for path in paths if path.is_file()), None)


def set_aside_damaged(folder: Path) -> list[Path]:
    """Rename the damaged ones of a run's configuration and provenance; return what they are now.

    The commands that write them begin them again.
    """
    moved = []
    for name, read in ((CONFIG, read_config), (PROVENANCE, read_provenance)):
        path = folder / name
        try:
            if path.is_file():
                read(folder)
        except InputError:
            moved.append(path.with_name(f"{name}.damaged"))
            os.replace(path, moved[-1])
    return moved


def known_config(folder: Path | None) -> dict[str, Any]:
    """Return the configuration of a run, empty where there is none that can be read."""
    try:
        return {} if folder is None else read_config(folder)
    except InputError:
        return {}


def known_provenance(folder: Path | None) -> list[dict[str, Any]]:
    """Return where a run comes from, empty where that cannot be read."""
    try:
        return [] if folder is None else read_provenance(folder)
    except InputError:
        return []


def read_curves(folder: Path) -> Curves:
    """Return the logged values of a run, by name: steps and values over all its starts.

    Raises:
        InputError: If a log is damaged.
    """
    curves: Curves = {}
    # By the number of the start; a copy that somebody has put beside them has none.
    starts = {p.parent.name.removeprefix("version_"): p for p in folder.glob(_LOGS)}
    for number in sorted(filter(str.isdecimal, starts), key=int):
        log = starts[number]
        try:
            for row in csv.DictReader(_whole_rows(log)):
                for name, value in row.items():
                    if not value or name in ("step", "epoch") or name.startswith(CHANGE):
                        continue
                    steps, values = curves.setdefault(name, ([], []))
                    values.append(float(value))
                    steps.append(float(row["step"]))
        except (csv.Error, *DATA_ERRORS) as error:
            raise InputError("is damaged", log, "remove it to go without its curves.") from error
    return curves


def _whole_rows(log: Path) -> list[str]:
    """Return the lines of a log but for a last one that was cut short, as where a run was killed."""
    lines = log.read_bytes().decode().splitlines(keepends=True)
    return lines if not lines or lines[-1].endswith("\n") else lines[:-1]


def read_table(folder: Path) -> list[Row]:
    """Return the rows of a run's test: a name, the number of frames, and its metrics.

    Raises:
        InputError: If there is no such table, or it is another program's.
    """
    path, rows = folder / TABLE, []
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            # What the rows are: actions, or cases of occlusion.
            kind, frames, *metrics = reader.fieldnames or []
            rows = [
                {kind: row[kind], "frames": int(row[frames]), **{m: float(row[m]) for m in metrics}}
                for row in reader
            ]
    except (OSError, csv.Error, *DATA_ERRORS):
        pass
    if not rows:
        repeat = f"repeat the test: lifting test --run {run_argument(folder)}"
        raise InputError("is no table of a test", path, repeat)
    return rows


def read_provenance(folder: Path) -> list[dict[str, Any]]:
    """Return where a run comes from, one entry per start; none where it was never written down.

    Raises:
        InputError: If the file is damaged.
    """
    path = folder / PROVENANCE
    if not path.is_file():
        return []
    try:
        entries = parse_json(path.read_bytes(), path)
        if isinstance(entries, list) and all(map(_is_start, entries)):
            return entries
    except (InputError, *DATA_ERRORS):
        pass
    raise InputError("is damaged", path, "remove it to go without what it says.")


def _is_start(entry: dict[str, Any]) -> bool:
    """Return whether an entry of a provenance is one, as far as reports and resumptions read it."""
    named = [entry.get(name) or {} for name in ("changes", "changed", "data", "frozen")]
    return (
        isinstance(entry["stage"], str)
        and isinstance(entry.get("step"), int | None)
        and all(isinstance(values, dict) for values in named)
        and all(isinstance(pair, list) and len(pair) == 2 for pair in named[1].values())
    )


def last_start(entries: Sequence[dict[str, Any]], stage: str) -> dict[str, Any]:
    """Return the last entry of a provenance that is of a stage, such as ``fit``; nothing without one."""
    return next((entry for entry in reversed(entries) if entry["stage"] == stage), {})
