"""Reader of pipeline files, which tells in one sentence what is wrong with one."""

import graphlib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from lifting.errors import InputError
from lifting.pipeline.plan import Pipeline, Stage, best_checkpoint
from lifting.runs.folder import RUNS

EXPERIMENTS = Path("experiments")

_NAME = re.compile(r"\w[\w.-]*")
_KEYS = ("name", "configs", "options", "stages")
_TRAINING_KEYS = ("configs", "options", "checkpoints", "needs")
_COMMAND_KEYS = ("command", "creates", "checkpoints", "needs")
_TEST_KEYS = ("tests", "configs", "options")


def read_pipeline(
    path: str | Path,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    overlays: Sequence[str] = (),
) -> Pipeline:
    """Read a pipeline file.

    Args:
        path: The file.
        name: Another name than the file's, to run it a second time beside the first.
        settings: Options of every training and test, above all others.
        overlays: Configurations of every training and test, above all others.

    Raises:
        InputError: If it, or a configuration that it names, is not as it should be.
    """
    content = read_yaml(path)
    _check_keys(content, _KEYS, f"{path}")
    name = _checked_name(name or content.get("name", Path(path).stem), f"{path}: the name")
    described = _mapping(content, "stages", f"{path}")
    if not described:
        raise InputError("has no stages", path, "list at least one.")
    folders = {_checked_name(s, f"{path}: the stage name"): RUNS / name / s for s in described}
    configs = _list(content, "configs", f"{path}")
    options = _mapping(content, "options", f"{path}")
    stages: list[Stage] = []
    for stage, keys in described.items():
        where = f"{path}: stage {stage}"
        keys = {} if keys is None else keys
        if not isinstance(keys, dict):
            raise InputError("holds no keys", where, f"give it {' or '.join(_TRAINING_KEYS[:2])}.")
        if "command" in keys:
            stages.append(_command(where, stage, keys, folders))
            continue
        if "tests" in keys:
            keys = _test_of(where, keys, described)
        trained = _training(where, stage, keys, folders, configs, options, settings or {}, overlays)
        stages.append(trained)
    return Pipeline(name, _ordered(path, stages))


def _test_of(where: str, keys: dict[str, Any], stages: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a test of a training, those of the training among them."""
    _check_keys(keys, _TEST_KEYS, where)
    tested = keys["tests"]
    training = (stages[tested] or {}) if isinstance(tested, str) and tested in stages else None
    if not isinstance(training, dict) or not {"command", "tests"}.isdisjoint(training):
        raise InputError(
            f"there is no training '{tested}' to test", where, "name one of the stages."
        )
    return {
        "tests": tested,
        "configs": [*_list(training, "configs", where), *_list(keys, "configs", where)],
        "options": {**_mapping(training, "options", where), **_mapping(keys, "options", where)},
        "checkpoints": {"ckpt_path": tested},
    }


def _training(
    where: str,
    name: str,
    keys: dict[str, Any],
    folders: Mapping[str, Path],
    configs: list[str],
    options: dict[str, Any],
    settings: Mapping[str, Any],
    overlays: Sequence[str],
) -> Stage:
    tested = keys.get("tests")
    _check_keys(keys, [*_TRAINING_KEYS, *(["tests"] if tested else [])], where)
    own = _list(keys, "configs", where)
    stage = Stage(
        name=name,
        folder=folders[name],
        configs=tuple(config_path(c) for c in [*configs, *own, *overlays]),
        options={**options, **_mapping(keys, "options", where), **settings},
        creates=folders[name] / "test.csv" if tested else None,
        tested=tested,
        **_links(where, keys, folders),
    )
    store = _store(stage)
    return stage if store is None else replace(stage, needs=(*stage.needs, store))


def _command(where: str, name: str, keys: dict[str, Any], folders: Mapping[str, Path]) -> Stage:
    _check_keys(keys, _COMMAND_KEYS, where)
    try:
        words = shlex.split(keys["command"])
    except (ValueError, AttributeError):
        words = []
    if not words or not isinstance(keys.get("creates"), str):
        raise InputError(
            "give 'command' as one line of text, and 'creates', the file that it makes.", where
        )
    return Stage(
        name=name,
        folder=folders[name],
        command=tuple(words),
        creates=Path(keys["creates"]),
        **_links(where, keys, folders),
    )


def _links(where: str, keys: dict[str, Any], folders: Mapping[str, Path]) -> dict[str, Any]:
    checkpoints = _mapping(keys, "checkpoints", where)
    for earlier in checkpoints.values():
        if not isinstance(earlier, str) or earlier not in folders:
            raise InputError(
                f"there is no stage '{earlier}' to take a checkpoint from",
                where,
                f"there are {', '.join(folders)}.",
            )
    return {
        "checkpoints": {o: best_checkpoint(folders[s]) for o, s in checkpoints.items()},
        "needs": tuple(Path(p) for p in _list(keys, "needs", where)),
    }


def config_path(name: str) -> Path:
    """Return the file of a configuration.

    Example:
        >>> str(config_path("data/synthetic")), str(config_path("/elsewhere/mine.yaml"))
        ('experiments/data/synthetic.yaml', '/elsewhere/mine.yaml')
    """
    return Path(name) if name.endswith(".yaml") else EXPERIMENTS / f"{name}.yaml"


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Return the content of a YAML file.

    Raises:
        InputError: If there is no such file, or it holds anything but keys and values.
    """
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path, "check the path.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(
            f"is not YAML ({' '.join(str(error).split())})", path, "mend it."
        ) from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputError("holds no keys and values", path, "mend it.")
    return content


def _store(stage: Stage) -> Path | None:
    """Return the clip store of a training, where its configuration names one."""
    store = None
    for path in stage.configs:
        data = read_yaml(path).get("data")
        arguments = data.get("init_args") if isinstance(data, dict) else None
        if isinstance(data, dict) and "class_path" in data:
            # Another dataset has another store, or none.
            store = None
        if isinstance(arguments, dict):
            store = arguments.get("store", store)
    for option in ("data.init_args.store", "data.store"):
        store = stage.options.get(option, store)
    return None if store is None else Path(str(store))


def _ordered(path: str | Path, stages: list[Stage]) -> dict[str, Stage]:
    """Link stages by the files they take from each other, and order them.

    The order is that of the file, but for stages that build on a later one.
    """
    makers = {stage.output: stage.name for stage in stages}
    linked = {}
    for stage in stages:
        inputs = (*stage.checkpoints.values(), *stage.needs)
        after = dict.fromkeys(makers[file] for file in inputs if file in makers)
        linked[stage.name] = replace(stage, after=tuple(after))
    sorter = graphlib.TopologicalSorter({name: s.after for name, s in linked.items()})
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        circle = " -> ".join(error.args[1])
        raise InputError(
            f"stages build on each other in a circle ({circle})", path, "take one link out."
        ) from error
    position = {name: i for i, name in enumerate(linked)}
    ordered: dict[str, Stage] = {}
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=position.__getitem__)
        first = ready.pop(0)
        ordered[first] = linked[first]
        sorter.done(first)
    return ordered


def _checked_name(name: Any, where: str) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(
            f"{where} '{name}' cannot name a folder: use letters, digits, '_', '-' and '.'."
        )
    return name


def _check_keys(content: dict[str, Any], known: Iterable[str], where: str) -> None:
    for key in content:
        if key not in known:
            raise InputError(f"there is no key '{key}'", where, f"the keys are {', '.join(known)}.")


def _mapping(content: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    value = content.get(key) or {}
    if not isinstance(value, dict) or not all(isinstance(k, str) for k in value):
        raise InputError(f"'{key}' is to be a mapping of names to values.", where)
    return value


def _list(content: dict[str, Any], key: str, where: str) -> list[str]:
    value = content.get(key) or []
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise InputError(f"'{key}' is to be a list of names.", where)
    return value
