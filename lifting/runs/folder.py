"""Folder of a run: its place, and the files that training and testing leave in it."""

import csv
import json
from pathlib import Path
from typing import Any

import yaml

from lifting.errors import InputError

RUNS = Path("runs")
CONFIG = "config.yaml"
TABLE = "test.csv"
PROVENANCE = "provenance.json"

Row = dict[str, Any]
# By name of what was logged: steps and values.
Curves = dict[str, tuple[list[float], list[float]]]


def run_folder(run: str) -> str:
    """Return the folder of a run: ``runs/<run>``, or ``run`` itself where it is a path.

    Example:
        >>> run_folder("first"), run_folder("/scratch/first")
        ('runs/first', '/scratch/first')
    """
    return str(RUNS / run) if Path(run).name == run else run


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
        what = "is no run, for it has no config.yaml" if folder.is_dir() else "there is no such run"
        raise InputError(what, folder, "check its name.")
    try:
        content = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError):
        content = None
    if not isinstance(content, dict):
        raise InputError("is damaged", path, "it should be as `fit` wrote it.")
    return content


def read_curves(folder: Path) -> Curves:
    """Return the logged values of a run, by name: steps and values over all its starts.

    Raises:
        InputError: If a log is damaged.
    """
    curves: Curves = {}
    logs = sorted(folder.glob("logs/version_*/metrics.csv"), key=lambda p: int(p.parent.name[8:]))
    for log in logs:
        try:
            with log.open(newline="") as stream:
                for row in csv.DictReader(stream):
                    for name, value in row.items():
                        if value and name not in ("step", "epoch"):
                            steps, values = curves.setdefault(name, ([], []))
                            values.append(float(value))
                            steps.append(float(row["step"]))
        except (ValueError, TypeError, KeyError, csv.Error) as error:
            raise InputError("is damaged", log, "remove it to go without its curves.") from error
    return curves


def read_table(folder: Path) -> list[Row]:
    """Return the rows of a run's test: a name, the number of frames, and its metrics.

    Raises:
        InputError: If there is no such table, or it is another program's.
    """
    path, rows = folder / TABLE, []
    try:
        with path.open(newline="") as stream:
            reader = csv.DictReader(stream)
            # What the rows are: actions, or cases of occlusion.
            kind, frames, *metrics = reader.fieldnames or []
            rows = [
                {kind: row[kind], "frames": int(row[frames]), **{m: float(row[m]) for m in metrics}}
                for row in reader
            ]
    except (OSError, ValueError, TypeError):
        pass
    if not rows:
        repeat = f"repeat the test: lifting test --run {folder}"
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
        entries = json.loads(path.read_text())
        if all(isinstance(entry["stage"], str) for entry in entries):
            return entries
    except (ValueError, TypeError, KeyError):
        pass
    raise InputError("is damaged", path, "remove it to go without what it says.")
