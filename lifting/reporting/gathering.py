"""Runs as they are reported: configuration, curves, test, provenance, and what is missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from lifting.errors import InputError
from lifting.runs import folder as run_files
from lifting.runs.folder import Curves, Row
from lifting.runs.options import changed

T = TypeVar("T")


@dataclass
class ReportedRun:
    """A run as it is reported.

    Attributes:
        label: Its name, which no other run of the report has.
        folder: Its folder.
        config: Its configuration.
        curves: Logged steps and values, by name.
        table: Rows of its test; none where it was not tested.
        provenance: Commit, machine and data, one entry per start.
        missing: What cannot be reported, a sentence each.
    """

    label: str
    folder: Path
    config: dict[str, Any]
    curves: Curves = field(default_factory=dict)
    table: list[Row] = field(default_factory=list)
    provenance: list[dict[str, Any]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def option(self, path: str, default: Any = None) -> Any:
        """Return an option by its path, ``model.init_args.lr``; a default where it is not given."""
        value: Any = self.config
        for name in path.split("."):
            if not isinstance(value, dict) or value.get(name) is None:
                return default
            value = value[name]
        return value

    def read_or_note(self, read: Callable[[], T], default: T) -> T:
        """Return what is read, or a default and a note of why it cannot be."""
        try:
            return read()
        except InputError as error:
            self.missing.append(str(error))
            return default

    def start(self, stage: str) -> dict[str, Any]:
        """Return the provenance of the last ``fit`` or ``test``; nothing where it is not known."""
        return run_files.last_start(self.provenance, stage)

    def at(self, stage: str) -> "ReportedRun":
        """Return the run with the options of its last start of a stage, such as those of its test."""
        return replace(self, config=changed(self.config, self.start(stage).get("changes") or {}))


def gather(folders: Sequence[Path]) -> list[ReportedRun]:
    """Return runs by their folders.

    Raises:
        InputError: If one of them is no run, or given twice.
    """
    labels = distinct_names(folders)
    return [_read(label, folder) for label, folder in zip(labels, folders, strict=True)]


def _read(label: str, folder: Path) -> ReportedRun:
    run = ReportedRun(label, folder, run_files.read_config(folder))
    run.curves = run.read_or_note(lambda: run_files.read_curves(folder), {})
    if not run.curves and not run.missing:
        run.missing.append(f"{folder}/logs: there are no curves; the run was not trained here.")
    run.provenance = run.read_or_note(lambda: run_files.read_provenance(folder), [])
    if (folder / run_files.TABLE).is_file():
        run.table = run.read_or_note(lambda: run_files.read_table(folder), [])
    else:
        run.missing.append(
            f"{folder / run_files.TABLE}: not tested yet; run `lifting test --run {folder}`."
        )
    return run


def distinct_names(folders: Sequence[Path]) -> list[str]:
    """Return a name for each folder: its own, with those above it where several have the same.

    Raises:
        InputError: If a folder is given twice.

    Example:
        >>> distinct_names([Path("runs/a/best"), Path("runs/b/best"), Path("runs/b/other")])
        ['a/best', 'b/best', 'other']
    """
    paths = [folder.resolve() for folder in folders]
    for path, folder in zip(paths, folders, strict=True):
        if paths.count(path) > 1:
            raise InputError("is given twice", folder, "name each run once.")
    names = [path.name for path in paths]
    depth = 1
    while len(set(names)) < len(names):
        depth += 1
        names = [
            "/".join(path.parts[-depth:]) if names.count(name) > 1 else name
            for name, path in zip(names, paths, strict=True)
        ]
    return names
