"""Extensions: methods and datasets of other packages, which name them as entry points.

A package is looked for where a name is asked for that the suite itself has not, and imported where it
has it: none that is installed makes a command slower, or fails it, that does without.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from inspect import isclass
from typing import Any, TypeVar

from lifting.errors import InputError

METHODS = "lifting.methods"
DATASETS = "lifting.datasets"
_KINDS = {METHODS: "method", DATASETS: "dataset"}
_MEND = "mend that package, or uninstall it."

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Extension:
    """A class of another package.

    Attributes:
        point: Its entry point, whose name is that of the class.
    """

    point: EntryPoint

    @property
    def name(self) -> str:
        """Name of the class."""
        return self.point.name

    @property
    def package(self) -> str:
        """Name and version of the package."""
        package = self.point.dist
        return "an unknown package" if package is None else f"{package.name} {package.version}"

    @property
    def imported(self) -> Any:
        """The class, where its module is imported; else None."""
        return getattr(sys.modules.get(self.point.module), self.point.attr, None)

    def load(self, kind: type[Kind]) -> type[Kind]:
        """Import and return the class.

        Args:
            kind: What it is to build on.

        Raises:
            InputError: If it cannot be imported, or is something else; it names the package.
        """
        where = f"the {_KINDS[self.point.group]} {self.name} of the package {self.package}"
        try:
            found = self.point.load()
        except Exception as error:  # It runs code of any kind.
            cause = f"{type(error).__name__}: {error}".splitlines()[0]
            raise InputError(f"cannot be imported ({cause})", where, _MEND) from error
        if not (isclass(found) and issubclass(found, kind)):
            raise InputError(f"is no class that builds on {kind.__name__}", where, _MEND)
        if found.__name__ != self.name:
            what = f"is the class {found.__name__}, which configurations name otherwise"
            raise InputError(what, where, "name the entry point as the class.")
        return found


def extensions(group: str) -> Iterator[Extension]:
    """Yield what the packages on this machine offer, in the order of their names.

    Args:
        group: :data:`METHODS` or :data:`DATASETS`.
    """
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        yield Extension(point)


def load_extension(group: str, name: str, kind: type[Kind]) -> type[Kind] | None:
    """Import and return the class of a name; None where no package offers one.

    Args:
        group: :data:`METHODS` or :data:`DATASETS`.
        name: Its name.
        kind: What it is to build on.

    Raises:
        InputError: If it cannot be imported, is something else, or several packages offer it.
    """
    found = [extension for extension in extensions(group) if extension.name == name]
    if len(found) > 1:
        packages = " and ".join(sorted(extension.package for extension in found))
        where = f"the {_KINDS[group]} {name}"
        raise InputError(f"is in several packages, {packages}", where, "uninstall all but one.")
    return found[0].load(kind) if found else None
