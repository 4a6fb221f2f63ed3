"""Parsing of motion capture files: lines, numbers, and errors that name the line."""

import codecs
import math
from collections.abc import Sequence
from pathlib import Path

from datamodules.safe_load import existing_file
from lifting.errors import InputError


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file, whatever ends them.

    Raises:
        InputError: If the file is missing or no text.
    """
    data = existing_file(path).read_bytes().removeprefix(codecs.BOM_UTF8)
    if b"\0" in data:
        raise InputError("no text file", path, "get the file again.")
    # Comments of old files hold letters of any code page; what counts is ASCII.
    return data.decode("ascii", errors="replace").splitlines()


def fault(path: Path, line: int, what: str, remedy: str = "get the file again") -> InputError:
    """Return the error for a fault in a line, counted from 1."""
    return InputError(f"{path}, line {line}: {what}", remedy=f"{remedy}.")


def numbers(words: Sequence[str], count: int, path: Path, line: int, what: str) -> list[float]:
    """Return words as numbers.

    Raises:
        InputError: If they are another number of words, or one of them is no finite number.
    """
    if len(words) != count:
        raise fault(path, line, f"{what} has {len(words)} numbers where {count} are expected")
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = [math.nan]
    if not all(map(math.isfinite, values)):
        raise fault(path, line, f"{what} holds something that is no number")
    return values
