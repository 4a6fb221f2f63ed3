"""Experiments: where the files are that a command line or a pipeline names."""

import os
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from lifting.errors import InputError, did_you_mean

# Those of the working directory, which come first.
EXPERIMENTS = Path("experiments")
# Records of results belong to a checkout, and tables are drawn into it.
_RESULTS = "results"


@cache
def shipped_experiments() -> Path:
    """Return the folder of the experiments that come with the suite.

    An installed package has it inside, a checkout beside it.
    """
    package = Path(str(files("lifting")))
    inside = package / EXPERIMENTS
    return inside if inside.is_dir() else package.parent / EXPERIMENTS


def shipped_files() -> Iterator[Path]:
    """Yield the experiments that come with the suite, as paths within their folder, in order."""
    folder = shipped_experiments()
    for path in sorted(folder.rglob("*.yaml")):
        inside = path.relative_to(folder)
        if inside.parts[0] != _RESULTS:
            yield inside


def experiment_file(path: str | Path) -> Path:
    """Return the file of a path: itself where it is there, else the experiment of the suite.

    Whoever prints or keeps a path does so as it was given, which holds wherever the suite is installed.

    Example:
        >>> experiment_file("experiments/base.yaml").name, experiment_file("mine.yaml").name
        ('base.yaml', 'mine.yaml')
    """
    path = Path(path)
    inside = _inside(path)
    if inside is None or os.path.lexists(path):
        return path
    shipped = shipped_experiments() / inside
    return shipped if os.path.isfile(shipped) else path


def no_such_file(path: str | Path) -> InputError:
    """Return the error that a file is not there, with the experiment that may have been meant."""
    inside = _inside(Path(path))
    if inside is None:
        return InputError("there is no such file", path, "check the path.")
    known = [shipped.with_suffix("").as_posix() for shipped in shipped_files()]
    meant = did_you_mean(inside.with_suffix("").as_posix(), known, f"{EXPERIMENTS}/{{}}.yaml")
    what = "there is no such file here, and no such experiment in the suite"
    return InputError(what, path, meant or "`lifting init` copies those of the suite to here.")


def _inside(path: Path) -> Path | None:
    """Return a path within the folder of experiments; None of one that leads elsewhere."""
    if not path.is_relative_to(EXPERIMENTS) or ".." in path.parts:
        return None
    inside = path.relative_to(EXPERIMENTS)
    return inside if inside.parts and inside.parts[0] != _RESULTS else None
