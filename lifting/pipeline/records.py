"""Records of stages: the inputs each was made from, and whether they still hold."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from lifting.containers.damage import DATA_ERRORS
from lifting.containers.json_files import parse_json
from lifting.errors import InputError
from lifting.files import beside, sha256
from lifting.pipeline.plan import Stage
from lifting.pipeline.yaml_files import read_yaml
from lifting.runs.folder import RUNS

RECORD = "stage.json"

_KINDS = ("configs", "options", "command", "files")
# In place of the pipeline's folder, which may be moved with all that is in it.
_HERE = "{pipeline}"

State = Literal["finished", "resume", "run", "changed"]


@dataclass
class Record:
    """The record of a stage, ``stage.json``; an unfinished one has no output yet.

    Attributes:
        commands: The commands, as they were run.
        inputs: What determines the stage, by kind and name, see :func:`inputs_of`.
        seconds: Wall time so far, over all starts.
        output: What :func:`file_state` says of the file it made.
    """

    commands: list[str]
    inputs: dict[str, dict[str, Any]]
    seconds: float = 0.0
    output: dict[str, Any] | None = None

    def write(self, folder: Path) -> None:
        """Write the record into the folder of a stage, all of it or nothing."""
        content = asdict(self) | {"inputs": _renamed(self.inputs, _home(folder), _HERE)}
        with beside(folder / RECORD, make_folder=True) as partial:
            text = f"{json.dumps(content, indent=2, default=str)}\n"
            partial.write_text(text, encoding="utf-8")


def _home(folder: Path) -> str:
    """Return the folder of the pipeline of a stage, of which cells are folders further down."""
    inside = folder.is_relative_to(RUNS) and len(folder.relative_to(RUNS).parts) > 1
    return str(RUNS / folder.relative_to(RUNS).parts[0] if inside else folder.parent)


def _renamed(inputs: dict[str, dict[str, Any]], before: str, after: str) -> dict[str, Any]:
    """Return inputs with a folder renamed, in the names of files and in options that name files."""

    def renamed(value: Any) -> Any:
        inside = isinstance(value, str) and value.startswith(f"{before}/")
        return after + value[len(before) :] if inside else value

    options = {option: renamed(value) for option, value in inputs.get("options", {}).items()}
    files = {renamed(name): state for name, state in inputs.get("files", {}).items()}
    return inputs | {"options": options, "files": files}


def read_record(stage: Stage) -> Record | None:
    """Return the record of a stage, or None where it never began.

    Raises:
        InputError: If the record is damaged.
    """
    path = stage.folder / RECORD
    if not path.is_file():
        return None
    try:
        record = Record(**parse_json(path.read_bytes(), path))
        output = record.output is None or isinstance(record.output["sha256"], str)
        kinds = all(isinstance(record.inputs[kind], dict) for kind in _KINDS)
        if output and kinds and isinstance(record.seconds, int | float):
            record.inputs = _renamed(record.inputs, _HERE, _home(stage.folder))
            return record
        raise ValueError("values")
    except (InputError, *DATA_ERRORS) as error:
        remedy = (
            "remove it to go on with what the stage has made, or begin it again with "
            f"--from {stage.name}."
        )
        raise InputError("is damaged", path, remedy) from error


def file_state(path: Path, known: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return size, time of change and SHA-256 of a file; nothing where there is none.

    A file of the size and time, to the nanosecond, of a ``known`` earlier result is not read again.
    """
    try:
        stat = path.stat()
    except FileNotFoundError:
        return {}
    state = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    if known is not None and state.items() <= known.items():
        return known
    return state | {"sha256": sha256(path)}


def inputs_of(stage: Stage, known: Record | None = None) -> dict[str, dict[str, Any]]:
    """Return all that determines what a stage makes.

    Files of its ``known`` record that have not been touched are not read again.

    Returns:
        ``configs``: the SHA-256 of each configuration's content, in order; its comments do not count.
        ``options``: those of the command line. ``command``: that of a plain command. ``files``: the
        state of each checkpoint, store and other file.
    """
    before = known.inputs["files"] if known is not None else {}
    paths = [*stage.checkpoints.values(), *stage.needs]
    files = {str(p): file_state(p, before.get(str(p))) for p in paths}
    if stage.creates is not None:
        # What a file was made from may be gone once it is made.
        files = {name: state or before.get(name, {}) for name, state in files.items()}
    return {
        "configs": {str(p): _content_digest(p) for p in stage.configs},
        "options": stage.options | {o: str(p) for o, p in stage.checkpoints.items()},
        "command": {"the command": " ".join(stage.command)} if stage.command else {},
        "files": files,
    }


def _content_digest(path: Path) -> str:
    canonical = yaml.safe_dump(read_yaml(path), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def changes(before: dict[str, dict[str, Any]], now: dict[str, dict[str, Any]]) -> list[str]:
    """Return what differs between two results of :func:`inputs_of`, in words."""
    # Through JSON, in which the earlier one was kept.
    now = json.loads(json.dumps(now, default=str))
    missing = object()
    differences = []
    for kind, values in now.items():
        # A file that was copied or touched is the same file.
        old, new = (
            {n: v.get("sha256") for n, v in side.items()} if kind == "files" else side
            for side in (before[kind], values)
        )
        differences += [
            f"option {name}" if kind == "options" else name
            for name in dict.fromkeys([*new, *old])
            if old.get(name, missing) != new.get(name, missing)
        ]
    if not differences and list(before["configs"]) != list(now["configs"]):
        differences.append("the order of the configurations")
    return differences


def state_of(stage: Stage) -> tuple[State, str]:
    """Return what is to be done with a stage, and why.

    Raises:
        InputError: If its record is damaged, or a configuration cannot be read.
    """
    record = read_record(stage)
    if record is None:
        if stage.creates is not None and stage.creates.is_file():
            return "finished", f"{stage.creates} is there"
        return ("resume", "begun by hand") if stage.last.is_file() else ("run", "")
    different = changes(record.inputs, inputs_of(stage, record))
    if record.output is None:
        if stage.creates is not None or not stage.last.is_file():
            return "run", ""
        return ("changed", ", ".join(different)) if different else ("resume", "")
    output = file_state(stage.output, record.output)
    if stage.creates is not None and not output:
        return "run", f"{stage.creates} is gone"
    if output.get("sha256") != record.output["sha256"]:
        different.append(str(stage.output))
    return ("changed", ", ".join(different)) if different else ("finished", "")
