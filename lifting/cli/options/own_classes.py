"""Classes of somebody's own that a command line names, and the mistakes in them.

The parser of options takes whatever they fail with for a wrong option, and drops what it was.
"""

import importlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pydoc import locate
from typing import Any, cast

from lifting.cli.options.config_files import given_configs
from lifting.containers.yaml_files import parse_yaml
from lifting.errors import InputError
from lifting.runs.experiments import experiment_file

# Options whose values are classes, and the key of one in a configuration.
_CLASSES = re.compile(r"--((model|data)(\.class_path)?|trainer\.\w+|[\w.]+\.class_path)\+?")
_KEY = "class_path"
_DOTTED = re.compile(r"\w+(\.\w+)+")


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
    for config in given_configs(words):
        path = experiment_file(config)
        if os.path.isfile(path):
            content = parse_yaml(path.read_text(encoding="utf-8-sig"), config)
            yield from filter(_DOTTED.fullmatch, _class_paths(content))


def _class_paths(content: object) -> Iterator[str]:
    if isinstance(content, Mapping):
        if isinstance(path := content.get(_KEY), str):
            yield path
        for value in content.values():
            yield from _class_paths(value)
    elif isinstance(content, list):
        for value in content:
            yield from _class_paths(value)
