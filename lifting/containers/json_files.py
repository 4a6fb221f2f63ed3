"""JSON in UTF-8, whose numbers fit into a computer's and whose texts can be written."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lifting.containers.paths import existing_file
from lifting.errors import InputError

# Numbers that float or int64 may not hold, and halves of letters. JSON with neither is read at the
# speed of the library.
_SUSPECT = re.compile(r"[0-9]{19}|[eE]\+?[0-9]{3}|Infinity|\\u[dD][89a-fA-F]")
_LARGEST = 1 << 63


def load_json(path: str | Path) -> Any:
    """Read a JSON file in UTF-8.

    Raises:
        InputError: If the file is missing or damaged, or holds a number that nothing can hold.
    """
    path = existing_file(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _damaged(path) from error
    return parse_json(text, path)


def parse_json(
    text: str | bytes, where: object, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None
) -> Any:
    """Return the content of JSON; NaN, which Python writes for what is missing, is one of its numbers.

    Args:
        text: The JSON.
        where: The file that it is in, or what else to call it.
        pairs: Makes an object of its keys and values; a dictionary where not given.

    Raises:
        InputError: If it is none, is nested too deep, or holds a number that float or int64 cannot.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        if not _SUSPECT.search(text):
            return json.loads(text, object_pairs_hook=pairs)
        content = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_float=_float,
            parse_int=_int,
            parse_constant=_constant,
        )
        # Half of a letter is none, and cannot be written.
        json.dumps(content, ensure_ascii=False).encode()
    except InputError as error:
        raise error.at(where) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(where) from error
    return content


def _damaged(where: object) -> InputError:
    return InputError("damaged or not a JSON file", where, "repair it or get it again.")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _too_large(text)
    return number


def _int(text: str) -> int:
    number = int(text)
    if not -_LARGEST <= number < _LARGEST:
        raise _too_large(text)
    return number


def _constant(text: str) -> float:
    if text == "NaN":
        return math.nan
    raise InputError("holds an infinite number", remedy="give null or NaN for what is missing.")


def _too_large(text: str) -> InputError:
    short = text if len(text) < 30 else f"{text[:20]}..."
    return InputError(f"holds the number {short}, which is too large", remedy="correct it.")
