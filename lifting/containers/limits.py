"""Limits on what a file may unpack to, in one place, and the variable that lifts them.

A few bytes can declare, or inflate to, any amount of numbers. What is read of a file is therefore
bounded by its size: real recordings take more than a fiftieth of what they hold.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lifting.errors import InputError

# Bytes that a file may unpack to, as in 8G, or none for no limit at all.
VARIABLE = "LIFTING_READ_LIMIT"
# What is always allowed, and what a large file may unpack to, in its own sizes.
_BYTES, _TIMES = 256 << 20, 50
# Values of nested lists and dictionaries, with what is there by reference counted everywhere.
_VALUES = 2_000_000
# How often a value may be there by reference, on average.
_REPEATED = 10
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class LimitError(InputError):
    """A file unpacks to more than one of its size should."""


def unpacked_limit(path: str | Path) -> float:
    """Return how many bytes a file may unpack to; infinity where the limits are lifted.

    Raises:
        InputError: If the variable holds no size.
    """
    given = _given()
    return max(_BYTES, _TIMES * os.path.getsize(path)) if given is None else given


def are_lifted() -> bool:
    """Return whether there are no limits.

    Raises:
        InputError: If the variable holds no size.
    """
    return _given() == float("inf")


def _given() -> float | None:
    """Return the limit of the variable, if it is set."""
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    if text.lower() == "none":
        return float("inf")
    found = re.fullmatch(r"(\d+)\s*([KMGT]?)(i?B)?", text, re.IGNORECASE)
    if found is None:
        raise InputError(f"is {text!r}", VARIABLE, "give a size, such as 8G, or none.")
    return int(found[1]) * _UNITS[found[2].upper()]


def check_unpacked(size: int, path: str | Path) -> None:
    """Refuse to make room for what a file says it holds, if it is too much for a file of its size.

    Args:
        size: Bytes that are to be made room for.
        path: The file.

    Raises:
        LimitError: If that is more than the limit.
    """
    if size > unpacked_limit(path):
        what = f"would take {size / 1e6:,.0f} MB unpacked, too much for a file of its size"
        raise LimitError(what, path, f"if you trust it, set {VARIABLE}=none and try again.")


def check_values(tree: Any, path: str | Path) -> None:
    """Refuse nested lists and dictionaries whose values refer to each other over and over.

    Ten lists of ten times the next one fit into a hundred bytes, and hold ten thousand million values.

    Raises:
        LimitError: If the values are too many.
        InputError: If a container is inside itself.
    """
    if are_lifted():
        return
    counts: dict[int, int] = {}
    open_now: set[int] = set()
    there = 1
    # A container is met before what is in it, and again after that.
    waiting = [(tree, False)]
    while waiting:
        node, is_done = waiting.pop()
        inside = _inside(node)
        if is_done:
            open_now.discard(id(node))
            counts[id(node)] = 1 + sum(counts.get(id(each), 1) for each in inside)
            there += len(inside)
        elif id(node) in open_now:
            raise InputError("holds a list or a dictionary inside itself", path, "get it again.")
        elif inside and id(node) not in counts:
            open_now.add(id(node))
            waiting.append((node, True))
            waiting.extend((each, False) for each in inside)
    held = counts.get(id(tree), 1)
    if held > max(_VALUES, _REPEATED * there):
        what = f"holds more than {_VALUES:,} values, nearly all of them by reference"
        raise LimitError(what, path, f"if you trust it, set {VARIABLE}=none and try again.")


def _inside(node: Any) -> Sequence[Any]:
    """Return what a container holds; nothing where it is none."""
    if isinstance(node, dict):
        return [each for pair in node.items() for each in pair]
    if isinstance(node, list | tuple):
        return node
    # An array of objects. numpy is not imported for it, since this module is one of every command's.
    if getattr(getattr(node, "dtype", None), "hasobject", False):
        return list(node.flat)
    return ()
