"""Reader of pipeline files, which tells in one sentence what is wrong with one."""

import graphlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lifting.errors import InputError, located
from lifting.pipeline.cells import Places, StageMaker, Usual
from lifting.pipeline.matrix import Axis, Matrix, axes_of
from lifting.pipeline.plan import Pipeline, Stage
from lifting.pipeline.yaml_files import (
    check_keys,
    list_of,
    mapping_of,
    read_yaml,
    refuse_doubled_keys,
)
from lifting.runs.folder import RUNS

_NAME = re.compile(r"\w[\w.-]*")
# What else lies beside the folders of stages.
_TAKEN = re.compile(r"report\.(md|json)|.*\.removed")
_KEYS = ("name", "configs", "options", "seeds", "grid", "stages")
_TRAINING_KEYS = ("configs", "options", "checkpoints", "needs", "seeds", "grid")
_COMMAND_KEYS = ("command", "creates", "checkpoints", "needs")
_TEST_KEYS = ("tests", "configs", "options", "grid")
_UNTRAINED_KEYS = ("trains", "configs", "options", "needs", "grid")


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
    refuse_doubled_keys(path)
    with located(path):
        check_keys(content, _KEYS)
        name = _checked_name(name or content.get("name", Path(path).stem))
        described = mapping_of(content, "stages")
        if not described:
            raise InputError("has no stages", remedy="list at least one.")
        above = axes_of(content)
        links, own = {}, {}
        for stage, keys in described.items():
            with located(f"stage {stage}"):
                _check_stage(stage, keys)
                links[stage] = _links(keys or {}, described)
                own[stage] = _own_axes(stage, keys or {}, above)
        places = Places(RUNS / name, _matrices(links, own))
        configs, options = list_of(content, "configs"), mapping_of(content, "options")
        usual = Usual(configs, options, overlays, settings or {})
        maker = StageMaker(described, places, usual)
        stages: list[Stage] = []
        for stage in described:
            with located(f"stage {stage}"):
                for cell in places.matrices[stage].cells():
                    stages.append(maker.make(stage, cell, links[stage]))
        _refuse_shared(stages)
        return Pipeline(name, _ordered(stages))


def _check_stage(name: str, keys: Any) -> None:
    if _TAKEN.fullmatch(_checked_name(name)):
        raise InputError(f"the name '{name}' is taken", remedy="choose another.")
    if keys is None:
        return
    if not isinstance(keys, dict):
        raise InputError("holds no keys", remedy="give it configs or options.")
    if "command" in keys:
        check_keys(keys, _COMMAND_KEYS)
    elif "trains" in keys:
        check_keys(keys, _UNTRAINED_KEYS)
        if keys["trains"] is not False:
            raise InputError("'trains' can be false alone", remedy="leave it out of a training.")
    else:
        check_keys(keys, _TEST_KEYS if "tests" in keys else _TRAINING_KEYS)


def _links(keys: Mapping[str, Any], described: Mapping[str, Any]) -> dict[str, str]:
    """Return, for each option that names a checkpoint, the stage that makes it."""
    if "tests" in keys:
        tested = keys["tests"]
        training = described.get(tested) if isinstance(tested, str) else None
        known = isinstance(tested, str) and tested in described
        if not known or not isinstance(training or {}, dict) or _is_special(training or {}):
            what = f"there is no training '{tested}' to test"
            raise InputError(what, remedy="name one of the stages.")
        return {"ckpt_path": tested}
    checkpoints = mapping_of(keys, "checkpoints")
    for earlier in checkpoints.values():
        if not isinstance(earlier, str) or earlier not in described:
            what = f"there is no stage '{earlier}' to take a checkpoint from"
            raise InputError(what, remedy=f"there are {', '.join(described)}.")
    return checkpoints


def _is_special(keys: Mapping[str, Any]) -> bool:
    return not {"command", "tests", "trains"}.isdisjoint(keys)


def _own_axes(stage: str, keys: Mapping[str, Any], above: Sequence[Axis]) -> list[Axis]:
    if "command" in keys:
        return []
    # A test has those of its training already.
    return axes_of(keys, stage, () if "tests" in keys else above)


def _matrices(
    links: Mapping[str, Mapping[str, str]], own: Mapping[str, Sequence[Axis]]
) -> dict[str, Matrix]:
    sorter = graphlib.TopologicalSorter({stage: set(of.values()) for stage, of in links.items()})
    matrices: dict[str, Matrix] = {}
    position = {name: i for i, name in enumerate(links)}
    for stage in _in_order(sorter, position):
        earlier = [matrices[name] for name in links[stage].values()]
        matrices[stage] = Matrix(own[stage], earlier)
    return matrices


def _refuse_shared(stages: Iterable[Stage]) -> None:
    """Refuse two stages or cells of the same folder, also where capitals do not count, or output."""
    seen: dict[str, str] = {}
    for stage in stages:
        for path in {stage.folder, stage.output}:
            place = os.path.normpath(path).casefold()
            if place in seen:
                what = f"{seen[place]} and {stage.name} share {path}"
                raise InputError(what, remedy="give one of them another name.")
            seen[place] = stage.name


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
    position = {name: i for i, name in enumerate(linked)}
    return {name: linked[name] for name in _in_order(sorter, position)}


def _in_order(sorter: "graphlib.TopologicalSorter[str]", position: Mapping[str, int]) -> list[str]:
    """Return names after those they build on, otherwise by their positions.

    Raises:
        InputError: If they build on each other in a circle.
    """
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        circle = " -> ".join(error.args[1])
        what = f"stages build on each other in a circle ({circle})"
        raise InputError(what, remedy="take one link out.") from error
    ordered: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=position.__getitem__)
        ordered.append(ready.pop(0))
        sorter.done(ordered[-1])
    return ordered


def _checked_name(name: Any) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        what = f"the name '{name}' cannot name a folder"
        raise InputError(what, remedy="use letters, digits, '_', '-' and '.'.")
    return name
