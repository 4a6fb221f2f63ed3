"""Matrices of pipelines: the axes of a stage, its cells, and the names of these."""

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from lifting.errors import InputError
from lifting.runs.options import option_text

SEED = "seed"
# Every option that seeds a training, the one that sets the others first.
SEEDS = (SEED, "seed_everything", "data.seed", "model.seed")

_LARGEST_SEED = 2**32 - 1
# A few lines of a file can ask for any number.
_MOST_CELLS = 10_000
_ILLEGAL = re.compile(r"[^\w.+-]+", re.ASCII)
# Characters of a value, of which the beginning is kept where it is longer, and of a cell's name.
_LONG_VALUE, _BEGINNING, _LONG_NAME = 32, 24, 100


@dataclass(frozen=True, eq=False)
class Axis:
    """One option of a matrix, and the values that it takes.

    Attributes:
        option: The option, as on the command line.
        values: Its values.
        stage: The stage whose own it is; None where it is of all stages.
    """

    option: str
    values: tuple[Any, ...]
    stage: str | None = None


@dataclass(frozen=True)
class Cell:
    """A point of a matrix.

    Attributes:
        name: Its name in its stage, which names a folder; None in a stage without a matrix.
        point: The value of each axis.
        labels: A short name of each axis.
    """

    name: str | None = None
    point: Mapping[Axis, Any] = field(default_factory=dict)
    labels: Mapping[Axis, str] = field(default_factory=dict)


def plain_option(option: str) -> str:
    """Return an option in the shorter of its two spellings, ``model.lr`` of ``model.init_args.lr``."""
    return option.replace(".init_args.", ".")


def same_value(value: Any) -> str | float:
    """Return what is equal for values that are the same on the command line.

    Example:
        >>> same_value("1e-3") == same_value(0.001), same_value(1) == same_value(True)
        (True, False)
    """
    text = option_text(value)
    try:
        return float(text)
    except ValueError:
        return text


def axes_of(
    content: Mapping[str, Any], stage: str | None = None, above: Sequence[Axis] = ()
) -> list[Axis]:
    """Return the axes that set options of a stage, seeds last.

    Args:
        content: The keys of the stage, or of the file.
        stage: Name of the stage; None for the file.
        above: Axes of the file. Those that the stage gives itself take their place, and an empty list
            switches one off.

    Raises:
        InputError: If its ``seeds`` or its ``grid`` is not as it should be.
    """
    grid, seeds = content.get("grid") or {}, content.get("seeds")
    if not isinstance(grid, dict) or not all(isinstance(option, str) for option in grid):
        raise InputError("'grid' is to be a mapping of options to lists of values.")
    axes = {plain_option(axis.option): axis for axis in above}
    given = set()
    for option, values in grid.items():
        plain = plain_option(option)
        if plain == SEED:
            raise InputError("'grid' holds 'seed'", remedy="list the seeds under 'seeds'.")
        if plain in given:
            raise InputError(f"'grid' holds {plain} twice", remedy="take one out.")
        given.add(plain)
        axes[plain] = Axis(option, _values(f"grid: {option}", values), stage)
    if "seeds" in content:
        seeds = _values("seeds", [] if seeds is None else seeds)
        if not all(type(seed) is int and 0 <= seed <= _LARGEST_SEED for seed in seeds):
            what = f"'seeds' is to hold whole numbers from 0 to {_LARGEST_SEED}"
            raise InputError(what, remedy="write for example [0, 1, 2].")
        axes[SEED] = Axis(SEED, seeds, stage)
    kept = [axis for axis in axes.values() if axis.values]
    return sorted(kept, key=lambda axis: axis.option == SEED)


def _values(key: str, values: Any) -> tuple[Any, ...]:
    if not isinstance(values, list):
        raise InputError(f"'{key}' is to be a list of values, such as [0, 1, 2].")
    seen = set()
    for value in values:
        same = same_value(value)
        if same in seen:
            raise InputError(f"'{key}' holds {option_text(value)} twice", remedy="take one out.")
        seen.add(same)
    return tuple(values)


class Matrix:
    """The axes of a stage: those of the stages that it builds on, and its own.

    Args:
        own: Axes that set options of the stage.
        earlier: Matrices of the stages that it builds on. A cell of the stage builds on those of their
            cells that lie at its point.
    """

    def __init__(self, own: Sequence[Axis] = (), earlier: Iterable["Matrix"] = ()) -> None:
        self.own = tuple(own)
        inherited = dict.fromkeys(axis for matrix in earlier for axis in matrix.labels)
        axes = dict.fromkeys([*(a for a in inherited if a not in self.own), *self.own])
        self.labels: dict[Axis, str] = _labels(
            sorted(axes, key=lambda axis: axis.option == SEED), self.own
        )

    def cells(self) -> Iterator[Cell]:
        """Yield the cells, the values of the last axis changing fastest.

        Raises:
            InputError: If there are more than anybody can train.
        """
        count = math.prod(len(axis.values) for axis in self.labels)
        if count > _MOST_CELLS:
            what = f"has a grid of more than {_MOST_CELLS:,} cells"
            raise InputError(what, remedy="give fewer values.")
        for values in product(*(axis.values for axis in self.labels)):
            yield self.cell(dict(zip(self.labels, values, strict=True)))

    def cell(self, point: Mapping[Axis, Any]) -> Cell:
        """Return the cell at a point, which may have more axes."""
        mine = {axis: point[axis] for axis in self.labels}
        parts = [_part(self.labels[axis], value) for axis, value in mine.items()]
        return Cell(_shortened(",".join(parts)) if parts else None, mine, self.labels)


def _labels(axes: Sequence[Axis], own: Sequence[Axis]) -> dict[Axis, str]:
    """Return axes with names as short as is unique, those of earlier stages with the stage before it."""
    names = {axis: plain_option(axis.option).split(".") for axis in axes}
    homes = {axis: None if axis in own else axis.stage for axis in axes}
    labels = {}
    for axis, parts in names.items():
        others = [names[a] for a in axes if a is not axis and homes[a] == homes[axis]]
        depth = 1
        while depth < len(parts) and (
            parts[-depth:] == [SEED] or any(p[-depth:] == parts[-depth:] for p in others)
        ):
            depth += 1
        label = _ILLEGAL.sub("-", ".".join(parts[-depth:]))
        labels[axis] = label if homes[axis] is None else f"{homes[axis]}.{label}"
    return labels


def _part(label: str, value: Any) -> str:
    text = option_text(value)
    legal = _ILLEGAL.sub("-", text)
    if legal != text or len(text) > _LONG_VALUE:
        legal = f"{legal.strip('-')[:_BEGINNING]}-{_digest(text)}"
    return f"{label}={legal}"


def _shortened(name: str) -> str:
    return name if len(name) <= _LONG_NAME else f"{name[:_LONG_NAME]}-{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
