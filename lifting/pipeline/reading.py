"""Reader of pipeline files, which tells in one sentence what is wrong with one."""

import graphlib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from lifting.errors import InputError, located
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
    with located(path):
        _check_keys(content, _KEYS)
        name = _checked_name(name or content.get("name", Path(path).stem))
        described = _mapping(content, "stages")
        if not described:
            raise InputError("has no stages", remedy="list at least one.")
        folders = {_checked_name(stage): RUNS / name / stage for stage in described}
        configs, options = _list(content, "configs"), _mapping(content, "options")
        stages = []
        for stage, keys in described.items():
            with located(f"stage {stage}"):
                keys = {} if keys is None else keys
                if not isinstance(keys, dict):
                    raise InputError("holds no keys", remedy="give it configs or options.")
                if "command" in keys:
                    stages.append(_command(stage, keys, folders))
                    continue
                if "tests" in keys:
                    keys = _test_of(keys, described)
                own_configs = [*configs, *_list(keys, "configs"), *overlays]
                own_options = {**options, **_mapping(keys, "options"), **(settings or {})}
                keys = {**keys, "configs": own_configs, "options": own_options}
                stages.append(_training(stage, keys, folders))
        return Pipeline(name, _ordered(stages))


def _test_of(keys: dict[str, Any], stages: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a test of a training, those of the training among them."""
    _check_keys(keys, _TEST_KEYS)
    tested = keys["tests"]
    training = (stages[tested] or {}) if isinstance(tested, str) and tested in stages else None
    if not isinstance(training, dict) or not {"command", "tests"}.isdisjoint(training):
        what = f"there is no training '{tested}' to test"
        raise InputError(what, remedy="name one of the stages.")
    return {
        "tests": tested,
        "configs": [*_list(training, "configs"), *_list(keys, "configs")],
        "options": {**_mapping(training, "options"), **_mapping(keys, "options")},
        "checkpoints": {"ckpt_path": tested},
    }


def _training(name: str, keys: dict[str, Any], folders: Mapping[str, Path]) -> Stage:
    tested = keys.get("tests")
    _check_keys(keys, [*_TRAINING_KEYS, *(["tests"] if tested else [])])
    stage = Stage(
        name=name,
        folder=folders[name],
        configs=tuple(map(config_path, keys["configs"])),
        options=keys["options"],
        creates=folders[name] / "test.csv" if tested else None,
        tested=tested,
        **_links(keys, folders),
    )
    store = _store(stage)
    return stage if store is None else replace(stage, needs=(*stage.needs, store))


def _command(name: str, keys: dict[str, Any], folders: Mapping[str, Path]) -> Stage:
    _check_keys(keys, _COMMAND_KEYS)
    try:
        words = shlex.split(keys["command"])
    except (ValueError, AttributeError):
        words = []
    creates = keys.get("creates")
    if not words or not isinstance(creates, str):
        raise InputError("give 'command' as one line of text, and 'creates', the file it makes.")
    links = _links(keys, folders)
    return Stage(name, folders[name], command=tuple(words), creates=Path(creates), **links)


def _links(keys: dict[str, Any], folders: Mapping[str, Path]) -> dict[str, Any]:
    checkpoints = _mapping(keys, "checkpoints")
    for earlier in checkpoints.values():
        if not isinstance(earlier, str) or earlier not in folders:
            what = f"there is no stage '{earlier}' to take a checkpoint from"
            raise InputError(what, remedy=f"there are {', '.join(folders)}.")
    return {
        "checkpoints": {o: best_checkpoint(folders[s]) for o, s in checkpoints.items()},
        "needs": tuple(map(Path, _list(keys, "needs"))),
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
        what = f"is not YAML ({' '.join(str(error).split())})"
        raise InputError(what, path, "mend it.") from error
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


def _ordered(stages: list[Stage]) -> dict[str, Stage]:
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
        what = f"stages build on each other in a circle ({circle})"
        raise InputError(what, remedy="take one link out.") from error
    position = {name: i for i, name in enumerate(linked)}
    ordered: dict[str, Stage] = {}
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=position.__getitem__)
        first = ready.pop(0)
        ordered[first] = linked[first]
        sorter.done(first)
    return ordered


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        what = f"the name '{name}' cannot name a folder"
        raise InputError(what, remedy="use letters, digits, '_', '-' and '.'.")
    return name


def _check_keys(content: dict[str, Any], known: Iterable[str]) -> None:
    for key in content:
        if key not in known:
            what = f"there is no key '{key}'"
            raise InputError(what, remedy=f"the keys are {', '.join(known)}.")


def _mapping(content: dict[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key) or {}
    if not isinstance(value, dict) or not all(isinstance(k, str) for k in value):
        raise InputError(f"'{key}' is to be a mapping of names to values.")
    return value


def _list(content: dict[str, Any], key: str) -> list[str]:
    value = content.get(key) or []
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise InputError(f"'{key}' is to be a list of names.")
    return value
