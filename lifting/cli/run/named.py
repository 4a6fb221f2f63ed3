"""Run that ``test``, ``validate`` or ``predict`` names, and the list of runs where it names none."""

from pathlib import Path

from lifting.errors import InputError, Option, Phrase, did_you_mean
from lifting.runs.folder import CONFIG, read_config, run_argument, run_folder
from lifting.runs.listing import folders_of_runs, runs_as_table

# Each of them says what is to be done without naming a run.
_WITHOUT_RUN = ("-c", "--config", "--model", "--data", "--print_config", "--help", "-h")


def with_config_of_run(arguments: list[str]) -> list[str]:
    """Let ``test``, ``validate`` and ``predict`` take the configuration of the run they name.

    The runs that there are are printed where they name none.

    Raises:
        InputError: If they name no run, or there is no such one.
    """
    words = [argument.partition("=")[0] for argument in arguments]
    if arguments[:1] not in (["test"], ["validate"], ["predict"]):
        return arguments
    if any(word in _WITHOUT_RUN[:2] for word in words):
        return arguments
    if "--run" not in words:
        if any(word in _WITHOUT_RUN or word.endswith(".help") for word in words):
            return arguments
        some = "name one of those above" if _print_runs() else "there is none yet"
        raise InputError(
            Phrase("{} is missing", Option("run")), remedy=f"{some}, or give -c files."
        )
    # Of several the last one counts.
    place = len(words) - 1 - words[::-1].index("--run")
    value = arguments[place].partition("=")[2]
    run = value or "".join(arguments[place + 1 : place + 2])
    config = Path(run_folder(run)) / CONFIG
    if not config.is_file():
        listed = _print_runs()
        names = [run_argument(folder) for folder in folders_of_runs()]
        meant = did_you_mean(run_argument(config.parent), names)
        train = "name one of those above or give -c files." if listed else "train it first."
        raise InputError("there is no such run", config.parent, meant or train)
    read_config(config.parent)
    return [arguments[0], "-c", str(config), *arguments[1:]]


def _print_runs() -> bool:
    lines = runs_as_table()
    if lines:
        print("The runs there are:", *lines, sep="\n")
    return bool(lines)
