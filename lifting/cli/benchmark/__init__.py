"""The command ``lifting benchmark``: speed as ratios, each measured in one run on one machine."""

from importlib import import_module
from pathlib import Path
from typing import Literal

from lifting.errors import InputError, Option, Phrase


def benchmark(
    what: Literal["data", "detectors", "export", "links", "sequences"],
    *,
    json_file: str | None = None,
    store: str | None = None,
) -> None:
    """Measure speed as ratios to references, and print them as a table.

    Args:
        what: The path of the data, training of detectors, exported lifters, the steps of LInKs, or
            sequence lifters.
        json_file: Also write the ratios there.
        store: Human3.6M's store, on which the loss curves of bfloat16 and float32 are compared too
            (sequences).
    """
    from lightning import seed_everything

    from lifting.cli.benchmark.timing import report

    if store is not None and what != "sequences":
        raise InputError(
            Phrase("{} belongs to sequences, not to {}: leave it out.", Option("store"), what)
        )
    if json_file is not None and Path(json_file).is_dir():
        # What is measured for minutes should not be lost.
        raise InputError(
            "is a folder", Phrase("{} {}", Option("json_file"), json_file), "name a file."
        )
    module = import_module(f"lifting.cli.benchmark.{what}")
    seed_everything(0, verbose=False)
    report(module.figures() if store is None else module.figures(store), json_file)
