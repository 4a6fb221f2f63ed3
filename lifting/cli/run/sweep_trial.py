"""Trials of a W&B sweep, each of which has a run folder of its own."""

from collections.abc import Mapping

from lifting.errors import InputError, Option, Phrase

_DEFAULT = "debug"


def default_run(environment: Mapping[str, str]) -> str:
    """Return the name of a run that was given none.

    Args:
        environment: Variables of the environment, of which ``wandb agent`` sets two.

    Example:
        >>> default_run({"WANDB_SWEEP_ID": "a1", "WANDB_RUN_ID": "x7"}), default_run({})
        ('sweeps/a1/x7', 'debug')
    """
    trial = _trial(environment)
    return _DEFAULT if trial is None else "/".join(("sweeps", *trial))


def check_run_of_trial(run: str, environment: Mapping[str, str]) -> None:
    """Refuse the name of a run that all trials of a sweep would share.

    Args:
        run: The name.
        environment: Variables of the environment.

    Raises:
        InputError: If this is a trial, and the name does not hold its id.
    """
    trial = _trial(environment)
    if trial is not None and trial[1] not in run:
        what = f"every trial of the sweep {trial[0]} would write to it"
        remedy = f"leave it out, and it is {default_run(environment)}."
        raise InputError(what, Phrase("{} {}", Option("run"), run), remedy)


def _trial(environment: Mapping[str, str]) -> tuple[str, str] | None:
    sweep, run = (environment.get(f"WANDB_{name}_ID") for name in ("SWEEP", "RUN"))
    return (sweep, run) if sweep and run else None
