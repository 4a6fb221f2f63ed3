"""Words of the command line that may have been meant: options of commands and classes, and classes."""

import sys
from collections.abc import Collection, Iterator
from difflib import SequenceMatcher
from importlib import import_module
from inspect import Parameter, isclass, signature
from pydoc import locate
from typing import Any

from lifting.errors import InputError, did_you_mean
from lifting.extensions import DATASETS, METHODS, Extension, extensions

# By option, the package whose classes it takes by their short names.
PACKAGES = {"model": "lifting.methods", "data": "datamodules", "trainer.callbacks": "callbacks"}
# And the entry points by which other packages offer more of them.
GROUPS = {"model": METHODS, "data": DATASETS}


def options_of(kind: Any) -> set[str]:
    """Return the names of the options of a class, those that it hands on to its bases among them.

    Args:
        kind: The class, or its path.
    """
    return set(_parameters(locate(kind) if isinstance(kind, str) else kind))


def defaults_of(kind: Any) -> dict[str, Any]:
    """Return the options of a class that need not be given, and what they are then.

    Args:
        kind: The class.
    """
    parameters = _parameters(kind).items()
    return {name: p.default for name, p in parameters if p.default is not p.empty}


def _parameters(kind: Any) -> dict[str, Parameter]:
    """Return the options of a class by name, and as its nearest class has them."""
    found: dict[str, Parameter] = {}
    for base in kind.__mro__ if isclass(kind) else ():
        if "__init__" not in vars(base) or base is object:
            continue
        parameters = signature(vars(base)["__init__"]).parameters.values()
        for p in parameters:
            if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name != "self":
                found.setdefault(p.name, p)
        if not any(p.kind is Parameter.VAR_KEYWORD for p in parameters):
            break
    return found


def classes_of(option: str) -> list[str]:
    """Return the short names of the classes that an option takes, where their package is loaded."""
    package = sys.modules.get(PACKAGES.get(option, ""))
    own = list(getattr(package, "__all__", ()))
    return [*own, *(extension.name for extension in offered(option))] if own else []


def offered(option: str) -> Iterator[Extension]:
    """Yield the classes that other packages offer to an option, under names that the suite has not."""
    if option in GROUPS:
        own = import_module(PACKAGES[option]).__all__
        yield from (found for found in extensions(GROUPS[option]) if found.name not in own)


def all_options(parser: Any) -> set[str]:
    """Return the options of a parser, and those of every method and datamodule, without dashes."""
    found = {
        option.removeprefix("--")
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--") and not option.endswith(".help")
    }
    for part in PACKAGES.keys() & found:
        package = sys.modules.get(PACKAGES[part])
        kinds = [getattr(package, name) for name in getattr(package, "__all__", ())]
        kinds += [extension.imported for extension in offered(part)] if package else []
        if "." not in part:
            found |= {f"{part}.{name}" for kind in kinds for name in options_of(kind)}
    return found


def meant_option(name: str, known: Collection[str]) -> str:
    """Return the question whether another option was meant, or nothing.

    Args:
        name: The unknown option, without dashes.
        known: The options there are.

    Example:
        >>> meant_option("model.lrr", {"model.lr", "data.seed"}), meant_option("lr", {"model.lr"})
        ('did you mean --model.lr?', 'did you mean --model.lr?')
        >>> meant_option("modle.width", {"data.width", "model.width"})
        'did you mean --model.width?'
    """
    head, dot, tail = name.rpartition(".")
    parts = {option: option.rpartition(".") for option in known if option != name}
    # The right option of another part, such as --model.batch_size.
    if elsewhere := sorted(option for option, (_, _, last) in parts.items() if last == tail):
        closest = max(elsewhere, key=lambda option: SequenceMatcher(None, option, name).ratio())
        return f"did you mean --{closest}?"
    beside = [last for before, _, last in parts.values() if before == head]
    if dot and beside:
        return did_you_mean(tail, beside, f"--{head}.{{}}")
    return did_you_mean(name, parts, "--{}")


def list_classes(option: str) -> list[str]:
    """Return the lines of a list of the classes that an option takes, with what each of them is.

    Those of other packages come last, with the package; of one that cannot be imported, why.

    Args:
        option: One of ``model``, ``data`` and ``trainer.callbacks``.
    """
    package = import_module(PACKAGES[option])
    kinds = {name: getattr(package, name) for name in package.__all__}
    usable = {
        name: kind for name, kind in kinds.items() if isclass(kind) and not _is_abstract(kind)
    }
    lines = {name: _first_line(kind) for name, kind in sorted(usable.items())}
    for extension in offered(option):
        try:
            about = _first_line(extension.load(object))
            lines[extension.name] = f"{about} ({extension.package})".strip()
        except InputError as error:
            lines[extension.name] = str(error)
    width = max(map(len, lines))
    return [f"  {name:{width}}  {about}" for name, about in lines.items()]


def _is_abstract(kind: type) -> bool:
    # Lightning's classes do not have the metaclass that inspect.isabstract looks at.
    members = (getattr(kind, name, None) for name in dir(kind))
    return any(getattr(member, "__isabstractmethod__", False) for member in members)


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ").strip()
