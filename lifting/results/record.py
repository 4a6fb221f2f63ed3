"""Record of a test: what was measured on what, by which training, code and hardware."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from lifting.containers.damage import DATA_ERRORS
from lifting.containers.json_files import parse_json
from lifting.errors import InputError
from lifting.files import beside
from lifting.runs.folder import run_argument

RECORD = "test.json"
# Of the content of a record; a reader of another one refuses it.
FORMAT = 1

Averages = dict[str, dict[str, float | None]]
_TYPES: dict[str, Any] = {
    "method": str,
    "frames": int,
    "averages": dict,
    "rows": dict,
    "options": dict,
    "data": dict,
    "trained": list,
    "tested": dict,
    "stages": dict,
}
_NEEDED = ("method", "frames", "averages")


@dataclass(frozen=True)
class Record:
    """A test, as ``test.json`` in the folder of a run and the files in ``experiments/results`` hold it.

    Attributes:
        method: Name of the method's class.
        frames: Number of frames that were tested on.
        averages: ``action`` (or the kind of the rows in its place) and ``frame``: the average of every
            metric, None where it was not measured.
        rows: By action, or by case: the number of ``frames`` and every metric.
        options: All options by name (:func:`lifting.runs.options.flat`).
        data: SHA-256 of each file of data.
        trained: A start of the training each: ``step`` from which on, ``commit``, ``modified``,
            ``hardware``, ``processes``, ``core_seconds`` and ``seconds``.
        tested: ``commit``, ``modified``, ``hardware``, ``torch``, ``time`` and ``command`` of the test.
        steps: Optimiser steps that the checkpoint had been trained for.
        batches: Batches that it had been trained on: fewer than steps where two networks take turns.
        epochs: Passes over the data that it had been trained for.
        parameters: Number of parameters of the method.
        checkpoint: SHA-256 of the checkpoint.
        stages: SHA-256 of the checkpoints of earlier stages, by option.
        note: What else there is to know, such as that it was written down before there were records.
    """

    method: str
    frames: int
    averages: Averages
    rows: dict[str, dict[str, float | None]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    trained: list[dict[str, Any]] = field(default_factory=list)
    tested: dict[str, Any] = field(default_factory=dict)
    steps: int | None = None
    batches: int | None = None
    epochs: int | None = None
    parameters: int | None = None
    checkpoint: str | None = None
    stages: dict[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def core_minutes(self) -> float | None:
        """Processor minutes of the training; None where a start did not tell them."""
        spent = [(s.get("core_seconds"), s.get("processes", 1)) for s in self.trained]
        known = [seconds * processes for seconds, processes in spent if seconds is not None]
        return sum(known) / 60 if known and len(known) == len(spent) else None

    @property
    def commits(self) -> list[str]:
        """The commits that trained it, or that tested it where it was not trained."""
        starts = [*self.trained, self.tested] if not self.trained else self.trained
        return list(dict.fromkeys(str(s["commit"])[:7] for s in starts if s.get("commit")))

    @property
    def hardware(self) -> list[str]:
        """What it was trained on, or tested on where it was not trained."""
        starts = self.trained or [self.tested]
        return list(dict.fromkeys(str(s["hardware"]) for s in starts if s.get("hardware")))

    @property
    def seed(self) -> Any:
        """The seed, which :func:`lifting.cli.run.seeds.spread_seed` gives to all parts."""
        return self.options.get("seed_everything")

    def as_json(self) -> dict[str, Any]:
        """Return its content."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """Return the record of some content.

        Raises:
            InputError: If it is none, or of another version.
        """
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise InputError("is no record of a test", remedy="test the run again.")
        known = {f.name for f in fields(cls)}
        given = {name: value for name, value in content.items() if name in known}
        for name, kind in _TYPES.items():
            if not isinstance(given.get(name, None if name in _NEEDED else kind()), kind):
                raise InputError(f"has no {name} as it should be", remedy="test the run again.")
        return cls(**given)

    def write(self, path: Path) -> None:
        """Write it, all of it or nothing."""
        with beside(path) as partial:
            partial.write_text(json.dumps(self.as_json(), indent=2) + "\n", encoding="utf-8")


def read_record(folder: Path) -> Record:
    """Return the record of the last test of a run.

    Raises:
        InputError: If there is none, or it is damaged.
    """
    path = folder / RECORD
    try:
        return Record.from_json(parse_json(path.read_bytes(), path))
    except (InputError, *DATA_ERRORS, OSError) as error:
        what = "is damaged" if path.is_file() else "is not there"
        repeat = f"repeat the test: lifting test --run {run_argument(folder)}"
        raise InputError(what, path, repeat) from error


def finite(values: Mapping[str, float]) -> dict[str, float | None]:
    """Return numbers as JSON can hold them: None for one that was not measured.

    Example:
        >>> finite({"mpjpe": 48.04321, "oks": float("nan")})
        {'mpjpe': 48.0432, 'oks': None}
    """
    return {n: round(v, 4) if abs(v) < float("inf") else None for n, v in values.items()}
