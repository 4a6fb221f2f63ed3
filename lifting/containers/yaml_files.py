"""YAML whose aliases do not multiply, and whose tags name plain values."""

from pathlib import Path
from typing import Any

import yaml

from lifting.containers.damage import DATA_ERRORS
from lifting.containers.limits import VARIABLE, LimitError, are_lifted
from lifting.containers.paths import existing_file
from lifting.errors import InputError

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Bytes of a file, and values in it with those of aliases counted everywhere. The reader takes some
# twenty millionths of a second for each of them.
_BYTES, _VALUES = 10_000_000, 200_000


def load_yaml(path: str | Path, loader: type[Any] = Loader) -> Any:
    """Read a YAML file in UTF-8.

    Args:
        path: The file.
        loader: A safe loader of PyYAML's.

    Raises:
        InputError: If the file is missing, no YAML, or holds more values than a file of options does.
    """
    path = existing_file(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is no text in UTF-8", path, "get it again.") from error
    return parse_yaml(text, path, loader)


def parse_yaml(text: str, where: str | Path, loader: type[Any] = Loader) -> Any:
    """Return the content of YAML.

    Args:
        text: The YAML.
        where: The file that it is in.
        loader: A safe loader of PyYAML's.

    Raises:
        InputError: If it is none, or holds more values than a file of options does.
    """
    try:
        reader = loader(text)
        try:
            node = reader.get_single_node()
            if node is None:
                return None
            check_nodes(node, where, len(text))
            return reader.construct_document(node)
        finally:
            reader.dispose()
    except (yaml.YAMLError, *DATA_ERRORS) as error:
        raise InputError(f"is not YAML ({_problem(error)})", where, "mend it.") from error


def check_nodes(root: yaml.Node, where: str | Path, size: int = 0) -> None:
    """Refuse YAML whose aliases hold aliases, as two hundred bytes of it would fill any memory.

    Args:
        root: What the file holds, composed and not yet constructed.
        where: The file.
        size: Letters of it.

    Raises:
        InputError: If there are too many values, or one is inside itself.
    """
    if are_lifted():
        return
    count = _count(root, {}, where)
    if count > _VALUES or size > _BYTES:
        what = f"holds more than {_VALUES:,} values or {_BYTES:,} bytes, too many for options"
        raise LimitError(what, where, f"if you trust it, set {VARIABLE}=none and try again.")


def _count(node: yaml.Node, counts: dict[int, int], where: object) -> int:
    """Return the number of values, those of an alias wherever it stands; 0 marks one that is open."""
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if counts.get(id(node)) == 0:
        raise InputError("holds a value that is inside itself", where, "mend it.")
    if id(node) not in counts:
        counts[id(node)] = 0
        pairs = isinstance(node, yaml.MappingNode)
        inside = [each for pair in node.value for each in pair] if pairs else node.value
        counts[id(node)] = 1 + sum(_count(each, counts, where) for each in inside)
    return counts[id(node)]


def _problem(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, yaml.YAMLError) else f"{type(error).__name__}: {text}"
