"""Classes of somebody's own or of other packages that a command line names, and the mistakes in them.

The parser of options takes whatever they fail with for a wrong option, and drops what it was.
"""

import importlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pydoc import locate
from typing import Any, cast

from lifting.cli.options.config_files import given_configs, placed
from lifting.cli.options.vocabulary import GROUPS, PACKAGES, offered
from lifting.containers.yaml_files import parse_yaml
from lifting.errors import InputError
from lifting.extensions import load_extension
from lifting.runs.experiments import experiment_file

# Options whose values are classes, and the key of one in a configuration.
_CLASSES = re.compile(r"--((model|data)(\.class_path)?|trainer\.\w+|[\w.]+\.class_path)\+?")
_KEY = "class_path"
_SHORT = re.compile(r"--(model|data)(?:\.class_path|\.help)?")
_DOTTED = re.compile(r"\w+(\.\w+)+")


def load_named(words: Sequence[str], kinds: Mapping[str, type]) -> None:
    """Import the methods and datasets of other packages that a command line names without a module.

    Args:
        words: The command line; one that asks for all options has all imported that can be.
        kinds: What those of ``model`` and of ``data`` build on.

    Raises:
        InputError: If one of them cannot be imported, with the configuration file that names it.
    """
    for part, name in dict.fromkeys(_short_names(words)):
        if not hasattr(importlib.import_module(PACKAGES[part]), name):
            try:
                load_extension(GROUPS[part], name, kinds[part])
            except InputError as error:
                raise placed(error, words, part) from error
    if "--help" in words:
        for extension in (found for part in GROUPS for found in offered(part)):
            with suppress(InputError):
                extension.load(object)


def _short_names(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield ``model`` or ``data``, and the name of a class without its module that is given to it."""
    found: list[tuple[str, Any]] = []
    for word, after in zip(words, [*words[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        if (named := _SHORT.fullmatch(option)) is not None:
            found.append((named[1], value if equals else after))
    for content in _contents(words):
        for part in GROUPS.keys() & content.keys():
            given = content[part]
            found.append((part, given.get(_KEY) if isinstance(given, Mapping) else given))
    yield from (
        (part, name) for part, name in found if isinstance(name, str) and name.isidentifier()
    )


def mistake_in_import(words: Sequence[str]) -> Exception | None:
    """Return what the module of a class fails with while it is imported, or None.

    A module that is not there is no mistake in it.

    Args:
        words: The command line, whose configuration files are looked at too.
    """
    for path in dict.fromkeys(_named(words)):
        module = path.rpartition(".")[0]
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if not f"{module}.".startswith(f"{error.name}."):
                return error
        except Exception as error:  # It runs code of any kind.
            return error
    return None


def mistake_in_building(parts: Sequence[Any]) -> Exception | None:
    """Return what classes fail with while they are built, or None.

    Args:
        parts: Namespaces with ``class_path`` and ``init_args``. Those that are given other classes are
            left out, unless they refuse something by an :class:`~lifting.errors.InputError`.
    """
    for part in parts:
        given = part.get("init_args")
        options = given.as_dict() if given else {}
        try:
            cast(Any, locate(part.class_path))(**options)
        except InputError as error:
            return error
        except Exception as error:  # It runs code of any kind.
            if not any(True for _ in _class_paths(options)):
                return error
    return None


def _named(words: Sequence[str]) -> Iterator[str]:
    """Yield the paths of classes that words and configuration files name."""
    for word, after in zip(words, [*words[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        value = value if equals else after
        if _CLASSES.fullmatch(option) and _DOTTED.fullmatch(value):
            yield value
    for content in _contents(words):
        yield from filter(_DOTTED.fullmatch, _class_paths(content))


def _contents(words: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield what the configuration files hold that a command line names."""
    for config in given_configs(words):
        path = experiment_file(config)
        if os.path.isfile(path):
            content = parse_yaml(path.read_text(encoding="utf-8-sig"), config)
            if isinstance(content, Mapping):
                yield content


def _class_paths(content: object) -> Iterator[str]:
    if isinstance(content, Mapping):
        if isinstance(path := content.get(_KEY), str):
            yield path
        for value in content.values():
            yield from _class_paths(value)
    elif isinstance(content, list):
        for value in content:
            yield from _class_paths(value)
