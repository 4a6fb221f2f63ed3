"""Maker of stages from the keys of a pipeline file, one for each cell of a matrix."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lifting.errors import InputError
from lifting.pipeline.matrix import SEED, SEEDS, Cell, Matrix, plain_option
from lifting.pipeline.plan import Stage, best_checkpoint
from lifting.pipeline.yaml_files import list_of, mapping_of, read_yaml
from lifting.runs.experiments import EXPERIMENTS

# In a command and in the file that it creates, the name of the cell.
_CELL = "{cell}"


@dataclass(frozen=True)
class Usual:
    """What every training and test of a file gets.

    Attributes:
        configs: Configurations below its own.
        options: Options below its own.
        overlays: Configurations above its own.
        settings: Options above all others.
    """

    configs: Sequence[str]
    options: Mapping[str, Any]
    overlays: Sequence[str]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Places:
    """The folders of stages and of their cells.

    Attributes:
        folder: That of the pipeline.
        matrices: The matrix of each stage.
    """

    folder: Path
    matrices: Mapping[str, Matrix]

    def of(self, stage: str, cell: Cell) -> Path:
        """Return the folder of the cell of a stage that lies at the point of a cell."""
        name = self.matrices[stage].cell(cell.point).name
        return self.folder / stage / (name or "")


@dataclass(frozen=True)
class StageMaker:
    """Maker of the stages of a file, one for each cell.

    Attributes:
        described: The keys of all stages.
        places: Folders of all.
        usual: What each gets.
    """

    described: Mapping[str, Any]
    places: Places
    usual: Usual

    def make(self, name: str, cell: Cell, links: Mapping[str, str]) -> Stage:
        """Return one training, one more test of a training, or one plain command.

        Args:
            name: Name of the stage.
            cell: Its cell.
            links: The stage of each option that takes a checkpoint.

        Raises:
            InputError: If a key holds what it should not.
        """
        is_command = "command" in (self.described[name] or {})
        return (self._command if is_command else self._training)(name, cell, links)

    def _training(self, name: str, cell: Cell, links: Mapping[str, str]) -> Stage:
        keys = self.described[name] or {}
        tested = keys.get("tests")
        # A test has the configurations, options and cells of its training, and its own above them.
        parts = [self.described[tested] or {}, keys] if tested else [keys]
        axes = [a for s in filter(None, (tested, name)) for a in self.places.matrices[s].own]
        options = dict(self.usual.options)
        for part in parts:
            options |= mapping_of(part, "options")
        varied = {plain_option(axis.option): axis for axis in axes}
        for option in self.usual.settings:
            if plain_option(option) in varied:
                what, remedy = (
                    "the file gives it several values",
                    "change the matrix, or leave it out.",
                )
                raise InputError(what, f"--set {option}", remedy)
        options = {o: v for o, v in options.items() if plain_option(o) not in varied}
        options |= {axis.option: cell.point[axis] for axis in axes} | dict(self.usual.settings)
        fixed = {plain_option(option) for option in options}
        if SEED in varied and fixed.issuperset(SEEDS):
            what = "all seeds are the same, for the options give each of them"
            raise InputError(what, remedy="take them out of the options, or out of 'seeds'.")
        folder = self.places.of(name, cell)
        configs = [*self.usual.configs, *(c for part in parts for c in list_of(part, "configs"))]
        stage = Stage(
            name=_name(name, cell),
            folder=folder,
            configs=tuple(map(config_path, [*configs, *self.usual.overlays])),
            options=options,
            checkpoints={o: best_checkpoint(self.places.of(s, cell)) for o, s in links.items()},
            creates=folder / "test.csv" if tested or "trains" in keys else None,
            tested=tested,
            trains=tested is None and "trains" not in keys,
            needs=tuple(map(Path, list_of(keys, "needs"))),
            cell=cell,
        )
        store = _store(stage)
        return stage if store is None else replace(stage, needs=(*stage.needs, store))

    def _command(self, name: str, cell: Cell, links: Mapping[str, str]) -> Stage:
        keys = self.described[name]
        command = keys["command"]
        try:
            words = shlex.split(command) if isinstance(command, str) else []
        except ValueError:  # A quotation mark that is not closed.
            words = []
        creates = keys.get("creates")
        if not words or not isinstance(creates, str):
            raise InputError(
                "give 'command' as one line of text, and 'creates', the file it makes."
            )
        if cell.name is not None:
            if _CELL not in creates:
                what = f"every cell of what it builds on would make {creates}"
                raise InputError(what, remedy=f"put {_CELL} into 'creates' and into the command.")
            creates = creates.replace(_CELL, cell.name)
            words = [word.replace(_CELL, cell.name) for word in words]
        return Stage(
            _name(name, cell),
            self.places.of(name, cell),
            command=tuple(words),
            creates=Path(creates),
            checkpoints={o: best_checkpoint(self.places.of(s, cell)) for o, s in links.items()},
            needs=tuple(map(Path, list_of(keys, "needs"))),
            cell=cell,
        )


def _name(stage: str, cell: Cell) -> str:
    return stage if cell.name is None else f"{stage}/{cell.name}"


def config_path(name: str) -> Path:
    """Return the path of a configuration, whose file :func:`experiment_file` finds.

    Example:
        >>> str(config_path("data/synthetic")), str(config_path("/elsewhere/mine.yaml"))
        ('experiments/data/synthetic.yaml', '/elsewhere/mine.yaml')
    """
    return Path(name) if name.endswith(".yaml") else EXPERIMENTS / f"{name}.yaml"


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
