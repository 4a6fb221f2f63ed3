"""List of the runs that there are, the one that was worked on last first."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lifting.containers.damage import DATA_ERRORS
from lifting.containers.yaml_files import load_yaml
from lifting.errors import InputError
from lifting.runs.folder import CONFIG, RUNS, TABLE, run_argument

# Folders between runs/ and a run: those of a pipeline, of a matrix and its cells.
_DEPTH = 4


@dataclass(frozen=True)
class ListedRun:
    """A run as it is listed.

    Attributes:
        name: What names it on a command line.
        method: Class of its method; ``?`` where its configuration is damaged.
        tested: Whether there is a table of its test.
        when: Time of the last training or test.
    """

    name: str
    method: str
    tested: bool
    when: datetime


def folders_of_runs(root: Path = RUNS) -> list[Path]:
    """Return the folders of the runs, the one that was worked on last first."""
    return sorted(_found(root, _DEPTH), key=_changed, reverse=True)


def list_run(folder: Path) -> ListedRun:
    """Return what is listed of a run."""
    when = datetime.fromtimestamp(_changed(folder))
    return ListedRun(run_argument(folder), _method(folder), (folder / TABLE).is_file(), when)


def runs_as_table(limit: int = 12) -> list[str]:
    """Return the lines of the list of runs: name, method, whether it is tested, when.

    Args:
        limit: Runs to show at most; how many others there are is said.
    """
    folders = folders_of_runs()
    rows = [list_run(folder) for folder in folders[:limit]]
    width, wide = (max((len(getattr(r, k)) for r in rows), default=0) for k in ("name", "method"))
    lines = [
        f"  {row.name:{width}}  {row.method:{wide}}  {'tested' if row.tested else 'not tested':10}"
        f"  {row.when:%Y-%m-%d %H:%M}"
        for row in rows
    ]
    more = len(folders) - len(rows)
    return [*lines, f"  … and {more} more in {RUNS}/"] if more else lines


def _found(folder: Path, depth: int) -> Iterator[Path]:
    try:
        inside = [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return
    for path in inside:
        if (path / CONFIG).is_file():
            yield path
        elif depth > 1:
            yield from _found(path, depth - 1)


def _changed(folder: Path) -> float:
    names = (CONFIG, TABLE, "checkpoints/best.ckpt", "checkpoints/last.ckpt")
    paths = [folder / name for name in names]
    return max((path.stat().st_mtime for path in paths if path.is_file()), default=0.0)


def _method(folder: Path) -> str:
    try:
        content = load_yaml(folder / CONFIG)
        return str(content["model"]["class_path"]).rpartition(".")[2]
    except (InputError, OSError, *DATA_ERRORS):
        return "?"
