"""The command ``lifting pipeline``: trainings in a row, each from the checkpoints of earlier ones."""

import sys
from typing import Any

import yaml
from jsonargparse import ArgumentParser

from lifting.cli.options.parsing import parse_options
from lifting.errors import InputError, Option, Phrase
from lifting.pipeline import read_pipeline, run_pipeline


def pipeline(words: list[str]) -> None:
    """Run the pipeline that the command line names.

    Args:
        words: The command and its options.

    Raises:
        InputError: If something given from outside is wrong.
    """
    options: Any = parse_options(_parser(), "pipeline", words[1:])
    if options["from"] and (options["only"] or options["cell"] is not None):
        raise InputError(
            Phrase(
                "{} goes with neither {} nor {}.", Option("from"), Option("only"), Option("cell")
            )
        )
    plan = read_pipeline(
        options["pipeline"], options["name"], _settings(options["set"]), options["overlay"]
    )
    only = options["only"]
    listed = list(plan.stages.values()) if only is None else plan.select([only])
    if options["list"]:
        for number, stage in enumerate(listed):
            print(number, stage.name)
        return
    if options["cell"] is not None:
        if not 0 <= options["cell"] < len(listed):
            what = f"there are {len(listed)}, from 0 on"
            raise InputError(
                what,
                Phrase("{} {}", Option("cell"), options["cell"]),
                Phrase("{} tells their numbers.", Option("list")),
            )
        only = listed[options["cell"]].name
    sys.exit(run_pipeline(plan, options["from"], only, options["dry_run"]))


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        prog="lifting pipeline",
        description="Run trainings in a row, skipping what is finished and resuming what is not.",
        exit_on_error=False,
        allow_abbrev=False,
    )
    parser.add_argument("pipeline", type=str, help="The pipeline file.")
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
    parser.add_argument(
        "--from",
        nargs="+",
        default=[],
        metavar="STAGE",
        help="Remove these stages or cells, and all that build on them, and begin them again.",
    )
    parser.add_argument(
        "--only",
        metavar="STAGE",
        help="Run this stage alone, or one cell of it, such as lifter/lr=0.001,seed=0.",
    )
    parser.add_argument(
        "--cell", type=int, metavar="N", help="Run the cell of this number alone; see --list."
    )
    parser.add_argument(
        "--list", action="store_true", help="Only print the cells, or those of --only, and numbers."
    )
    parser.add_argument("--dry-run", action="store_true", help="Only print what would be done.")
    return parser


def _settings(words: list[str]) -> dict[str, Any]:
    pairs = [word.partition("=") for word in words]
    for option, equals, _ in pairs:
        if not equals or not option:
            raise InputError(
                Phrase(
                    "{} {}: give it a value, as in {} data.batch_size=256.",
                    Option("set"),
                    option,
                    Option("set"),
                )
            )
    return {option.removeprefix("--"): yaml.safe_load(value) for option, _, value in pairs}
