"""Run a pipeline: several trainings in a row, skipping what is finished and resuming what is not.

python scripts/run_pipeline.py experiments/links/synthetic.yaml --dry-run
"""

import argparse
import sys
from typing import Any

import yaml

from lifting.errors import InputError, guarded
from lifting.pipeline import read_pipeline, run_pipeline


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description="Run a pipeline of trainings.", allow_abbrev=False)
    parser.add_argument("pipeline", help="The pipeline file.")
    parser.add_argument("--name", help="Name in place of the file's: it goes to runs/NAME.")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="OPTION=VALUE",
        help="An option of every training, such as trainer.accelerator=cpu; may be repeated.",
    )
    parser.add_argument(
        "--overlay",
        action="append",
        default=[],
        metavar="CONFIG",
        help="A configuration of every training, above its own, such as gpu; may be repeated.",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--from",
        dest="redo",
        nargs="+",
        default=[],
        metavar="STAGE",
        help="Remove these stages and all that build on them, and begin them again.",
    )
    which.add_argument("--only", metavar="STAGE", help="Run this stage alone.")
    parser.add_argument("--dry-run", action="store_true", help="Only print what would be done.")
    return parser.parse_args()


def settings(words: list[str]) -> dict[str, Any]:
    """Return the options that --set gives.

    Raises:
        InputError: If one of them gives no value.
    """
    pairs = [word.partition("=") for word in words]
    for option, equals, _ in pairs:
        if not equals or not option:
            raise InputError(f"--set {option}: give it a value, as in --set data.batch_size=256.")
    return {option.removeprefix("--"): yaml.safe_load(value) for option, _, value in pairs}


def main() -> None:
    """Run the pipeline that the command line names."""
    given = arguments()
    pipeline = read_pipeline(given.pipeline, given.name, settings(given.set), given.overlay)
    sys.exit(run_pipeline(pipeline, given.redo, given.only, given.dry_run))


if __name__ == "__main__":
    guarded(main)
