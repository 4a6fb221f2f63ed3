"""Runs of the fuzz worker: a process that is followed line by line, and begun again where it crashes."""

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Seconds without a word after which a worker hangs, where other programs use the machine too.
PATIENCE = 180


@dataclass
class Figures:
    """What came of all inputs.

    Attributes:
        inputs: How many were read.
        wrong: What was wrong, by reader and number of the input.
        seconds: The longest that one took, of a processor.
        megabytes: The most memory that one took.
    """

    inputs: int = 0
    wrong: dict[tuple[str, int], str] = field(default_factory=dict)
    seconds: float = 0.0
    megabytes: int = 0


def fuzz(names: Sequence[str], seed: int, count: int) -> Figures:
    """Feed so many mutated files to each reader; one that crashes or hangs it is noted."""
    figures, first, left = Figures(), 0, list(names)
    while left:
        begun = None
        for line in _lines([str(seed), str(first), str(count), *left]):
            name, number, *outcome = json.loads(line)
            begun = None if outcome else (name, number)
            if outcome:
                figures.inputs += 1
                figures.seconds = max(figures.seconds, outcome[1])
                figures.megabytes = max(figures.megabytes, outcome[2])
                if outcome[0] is not None:
                    figures.wrong[name, number] = outcome[0]
        if begun is None:
            if (name, number + 1) != (left[-1], count):
                raise RuntimeError("the worker ended before its time")
            break
        figures.inputs += 1
        figures.wrong[begun] = "crashed or hung"
        left = left[left.index(begun[0]) :]
        first = begun[1] + 1
        if first == count:
            left, first = left[1:], 0
    return figures


def _lines(words: list[str]) -> Iterator[str]:
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.fuzz.worker", *words],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert worker.stdout is not None
    os.set_blocking(worker.stdout.fileno(), False)
    rest = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(worker.stdout, selectors.EVENT_READ)
        while waiting.select(PATIENCE):
            content = worker.stdout.read()
            if not content:
                break
            *whole, rest = (rest + content).split(b"\n")
            yield from (line.decode() for line in whole)
        else:
            worker.kill()
    worker.wait()
