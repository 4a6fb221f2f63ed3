"""Answers of annotators, in a JSON file that is rewritten whole after every answer.

Layout::

    {"format": "depth-answers", "version": 1,
     "annotators": {NAME: {"seed": 0, "pairs": 5, "answers": [
         {"image": "im0001", "first": "neck", "second": "left_knee",
          "nearer": "first", "seconds": 2.4, "time": "2025-01-31T12:00:00+00:00"}]}}}

``nearer`` is ``first``, ``second``, or null where the annotator could not tell.
"""

import fcntl
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from datamodules.relative_depth.annotation.questions import Question
from datamodules.safe_load import load_json
from lifting.errors import InputError
from lifting.files import beside, unwritable
from lifting.skeletons import skeleton

_JOINTS = skeleton("lsp14").joints
_FORMAT, _VERSION = "depth-answers", 1
CHOICES = ("first", "second", None)


@dataclass(frozen=True)
class Answer:
    """An answer to a question.

    Attributes:
        question: What was asked.
        nearer: Which joint is nearer, ``first`` or ``second``; None where it cannot be told.
        seconds: How long it took.
        time: When it was given, in ISO 8601.
    """

    question: Question
    nearer: str | None
    seconds: float
    time: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


@dataclass
class Sheet:
    """All answers of an annotator.

    Attributes:
        seed: Seed of the questions.
        pairs: Pairs per image.
        answers: In the order they were given.
    """

    seed: int
    pairs: int
    answers: list[Answer] = field(default_factory=list)


def read_answers(path: Path) -> dict[str, Sheet]:
    """Return the sheet of each annotator.

    Raises:
        InputError: If the file is missing, no JSON, or not as described above.
    """
    content = load_json(path)
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise InputError("no file of answers", path, "name one of `lifting relative-depth`.")
    if content.get("version") != _VERSION:
        raise InputError(f"of version {content.get('version')!r}, not {_VERSION}.", path)
    annotators = content.get("annotators")
    if not isinstance(annotators, dict):
        raise InputError("has no 'annotators'", path, "repair it.")
    return {name: _sheet(sheet, f"{path}: '{name}'") for name, sheet in annotators.items()}


def _sheet(content: Any, where: str) -> Sheet:
    kinds = {"seed": int, "pairs": int, "answers": list}
    for name, kind in kinds.items():
        if not isinstance(content, dict) or not isinstance(content.get(name), kind):
            raise InputError(f"{where} has no '{name}' as it should", remedy="repair it.")
    listed = content["answers"]
    sheet = Sheet(content["seed"], content["pairs"])
    seen = set()
    for number, item in enumerate(listed):
        answer = _answer(item, f"{where}, answer {number}")
        if answer.question.pair in seen:
            raise InputError(f"answer {number}: asked before", where, "leave one out.")
        seen.add(answer.question.pair)
        sheet.answers.append(answer)
    return sheet


def _answer(item: Any, where: str) -> Answer:
    names = ("image", "first", "second", "nearer", "seconds", "time")
    if not isinstance(item, dict) or (missing := [n for n in names if n not in item]):
        lacks = missing[0] if isinstance(item, dict) else "image"
        raise InputError(f"{where} has no '{lacks}'", remedy="repair it.")
    if not isinstance(item["image"], str) or not isinstance(item["time"], str):
        raise InputError("'image' or 'time' is no text", where, "repair it.")
    ends = []
    for name in ("first", "second"):
        if item[name] not in _JOINTS:
            raise InputError(f"'{name}' is no joint of lsp14", where, "repair it.")
        ends.append(_JOINTS.index(item[name]))
    if ends[0] == ends[1] or item["nearer"] not in CHOICES:
        raise InputError("of one joint, or 'nearer' is neither first, second nor null.", where)
    seconds = item["seconds"]
    if type(seconds) not in (int, float) or not 0 <= seconds < math.inf:
        raise InputError("'seconds' is no number from 0", where, "repair it.")
    return Answer(Question(item["image"], *ends), item["nearer"], float(seconds), item["time"])


def write_answers(path: Path, sheets: dict[str, Sheet]) -> None:
    """Write the sheets of all annotators, whole or not at all.

    Raises:
        InputError: If nothing can be written there.
    """
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "annotators": {
            name: {
                "seed": sheet.seed,
                "pairs": sheet.pairs,
                "answers": [
                    {
                        "image": answer.question.image,
                        "first": _JOINTS[answer.question.first],
                        "second": _JOINTS[answer.question.second],
                        "nearer": answer.nearer,
                        "seconds": answer.seconds,
                        "time": answer.time,
                    }
                    for answer in sheet.answers
                ],
            }
            for name, sheet in sheets.items()
        },
    }
    with beside(path, make_folder=True) as partial:
        partial.write_text(json.dumps(content, indent=1), encoding="utf-8")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lock the file against other annotators' programs.

    Raises:
        InputError: If nothing can be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f".{path.name}.lock").open("wb")
    except OSError as error:
        raise unwritable(error, path) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
