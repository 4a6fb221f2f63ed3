"""Pipelines: stages, what each builds on, and the plain commands they stand for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lifting.errors import InputError
from lifting.pipeline.matrix import Cell
from lifting.runs.folder import RUNS
from lifting.runs.options import option_text


@dataclass(frozen=True)
class Stage:
    """One training with its test, one more test of a training, or a command that makes a file.

    A stage of a matrix is several of them, one a cell.

    Attributes:
        name: Its name in the pipeline, ``lifter``; that of a cell is ``lifter/lr=0.1,seed=0``.
        folder: Folder of its run.
        configs: Configuration files, in order.
        options: Options of the command line, above the files.
        checkpoints: For each option that names an earlier stage the checkpoint of that stage.
        command: The words of a plain command, in place of a training.
        creates: The file that the command or the test makes.
        tested: The training that is tested once more, with other options.
        trains: Whether it trains; else it is a test, of what is named with ``ckpt_path`` or needs none.
        needs: Files whose content the stage depends on, besides configurations and checkpoints.
        after: Names of the stages it builds on.
        cell: Its place in the matrix of the stage.
    """

    name: str
    folder: Path
    configs: tuple[Path, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    checkpoints: dict[str, Path] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    creates: Path | None = None
    tested: str | None = None
    trains: bool = True
    needs: tuple[Path, ...] = ()
    after: tuple[str, ...] = ()
    cell: Cell = field(default_factory=Cell)

    @property
    def stage(self) -> str:
        """Name of the stage that it is a cell of; its own where there is no matrix."""
        return self.name.partition("/")[0]

    @property
    def output(self) -> Path:
        """What later stages take from this one."""
        return self.creates or best_checkpoint(self.folder)

    @property
    def last(self) -> Path:
        """What an interrupted training goes on from."""
        return self.folder / "checkpoints" / "last.ckpt"

    def command_line(self) -> list[str]:
        """Return the command of the stage, word by word.

        Example:
            >>> stage = Stage("a", Path("runs/x/a"), options={"model.lr": 0.1})
            >>> print(*stage.command_line())
            python -m lifting fit --model.lr=0.1 --run runs/x/a --ckpt_path last --test=true
        """
        checkpoints = [f"--{option}={path}" for option, path in self.checkpoints.items()]
        if self.command:
            return [*self.command, *checkpoints]
        configs = [word for path in self.configs for word in ("-c", str(path))]
        options = [f"--{option}={option_text(value)}" for option, value in self.options.items()]
        run = ["--run", str(self.folder)]
        if self.trains:
            verb, end = "fit", ["--ckpt_path", "last", "--test=true"]
        else:
            verb, end = "test", []
        return ["python", "-m", "lifting", verb, *configs, *options, *checkpoints, *run, *end]


@dataclass(frozen=True)
class Pipeline:
    """Stages in an order in which each comes after those it builds on.

    Attributes:
        name: Name of the pipeline.
        stages: The stages by name.
    """

    name: str
    stages: dict[str, Stage]

    @property
    def folder(self) -> Path:
        """Folder of all its runs."""
        return RUNS / self.name

    def select(self, names: Iterable[str]) -> list[Stage]:
        """Return cells by their names, or all of a stage by its name, in order.

        Raises:
            InputError: Naming the first that there is not, and those there are.
        """
        chosen = set()
        for name in names:
            found = {s.name for s in self.stages.values() if name in (s.name, s.stage)}
            if not found:
                stage, slash, cell = name.partition("/")
                stages = list(dict.fromkeys(s.stage for s in self.stages.values()))
                if slash and stage in stages:
                    what = f"Stage {stage} of {self.name} has no cell '{cell}'"
                    raise InputError(what, remedy=f"--only {stage} --list tells those it has.")
                what = f"Pipeline {self.name} has no stage '{name}'"
                raise InputError(what, remedy=f"it has {', '.join(stages)}.")
            chosen |= found
        return [stage for name, stage in self.stages.items() if name in chosen]

    def with_later(self, names: Iterable[str]) -> list[str]:
        """Return stages with all that build on them, directly or not, in order.

        Raises:
            InputError: If there is no such stage.
        """
        chosen = {stage.name for stage in self.select(names)}
        for stage in self.stages.values():
            if chosen.intersection(stage.after):
                chosen.add(stage.name)
        return [name for name in self.stages if name in chosen]


def best_checkpoint(folder: Path) -> Path:
    """Return the checkpoint that later stages take from a run."""
    return folder / "checkpoints" / "best.ckpt"
