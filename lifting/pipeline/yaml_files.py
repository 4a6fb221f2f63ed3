"""YAML files of keys and values, as configurations and pipelines are."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lifting.containers.yaml_files import parse_yaml
from lifting.errors import InputError
from lifting.runs.experiments import experiment_file, no_such_file


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Return the content of a YAML file; of an experiment, wherever that is.

    Raises:
        InputError: If there is no such file, or it holds anything but keys and values.
    """
    try:
        content = parse_yaml(experiment_file(path).read_text(encoding="utf-8-sig"), path)
    except FileNotFoundError as error:
        raise no_such_file(path) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path, "check the path.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"is not YAML ({error})", path, "mend it.") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputError("holds no keys and values", path, "mend it.")
    return content


def refuse_doubled_keys(path: str | Path) -> None:
    """Refuse a YAML file that gives a key twice, of which only the last would count.

    Raises:
        InputError: Naming the key and its line.
    """
    waiting, seen = (
        [yaml.compose(experiment_file(path).read_text(encoding="utf-8-sig"), yaml.SafeLoader)],
        set(),
    )
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            keys = set()
            for key, value in node.value:
                # `<<` may stand several times.
                if key.value in keys and key.tag != "tag:yaml.org,2002:merge":
                    what = f"holds '{key.value}' twice, again in line {key.start_mark.line + 1}"
                    raise InputError(what, path, "take one out.")
                if isinstance(key, yaml.ScalarNode):
                    keys.add(key.value)
                waiting.append(value)


def check_keys(content: Mapping[str, Any], known: Iterable[str]) -> None:
    """Refuse keys that are not known.

    Raises:
        InputError: Naming the first, and those there are.
    """
    for key in content:
        if key not in known:
            what = f"there is no key '{key}'"
            raise InputError(what, remedy=f"the keys are {', '.join(known)}.")


def mapping_of(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the mapping of names to values that a key holds; an empty one where it is not given.

    Raises:
        InputError: If it holds anything else.
    """
    value = content.get(key) or {}
    if not isinstance(value, dict) or not all(isinstance(k, str) for k in value):
        raise InputError(f"'{key}' is to be a mapping of names to values.")
    return value


def list_of(content: Mapping[str, Any], key: str) -> list[str]:
    """Return the list of names that a key holds; an empty one where it is not given.

    Raises:
        InputError: If it holds anything else.
    """
    value = content.get(key) or []
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise InputError(f"'{key}' is to be a list of names.")
    return value
