"""Loggers of a run: CSV, and Weights & Biases as the options say."""

import os
from pathlib import Path
from typing import Any, Literal

import yaml
from lightning import Trainer
from lightning.fabric.loggers.logger import _DummyExperiment, rank_zero_experiment
from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities import rank_zero_only

from lifting.cli.run.csv_record import CSVRecord
from lifting.cli.run.wandb_record import WandbRecord
from lifting.errors import InputError, Option, Phrase

# By name: type, default and explanation.
WANDB_OPTIONS: dict[str, tuple[Any, Any, str]] = {
    "wandb": (
        Literal["offline", "online", "disabled"],
        "offline",
        "Whether Weights & Biases records the run, and whether it uploads it.",
    ),
    "project": (
        str | None,
        None,
        "The Weights & Biases project; that of WANDB_PROJECT, else lifting, if not given.",
    ),
    "wandb_entity": (str | None, None, "The user or team that the project belongs to."),
    "wandb_group": (str | None, None, "Group of the run, such as one for all seeds."),
    "wandb_tags": (list[str], [], "Tags of the run."),
    "wandb_job_type": (str | None, None, "Type of the run in its group."),
    "wandb_notes": (str | None, None, "Notes on the run."),
    "log_model": (
        Literal["none", "best", "all"],
        "none",
        "Whether Weights & Biases keeps artifacts: best.ckpt and the tables of tests, or last.ckpt too.",
    ),
}
# What W&B refuses in the name of a project, and the longest it takes of names and tags.
_REFUSED = "/\\#?%:"
_LONGEST_PROJECT = 128
_LONGEST_TAG = 64


class CurveFile(CSVRecord):
    """CSV of a run that writes nothing before it is told to begin.

    Args:
        folder: Folder of the run.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, name="logs")
        self._begun = False
        self._hyperparameters: Any = None

    def begin(self) -> None:
        """Begin to write, with the hyper-parameters that were told before."""
        self._begun = True
        if self._hyperparameters is not None:
            super().log_hyperparams(self._hyperparameters)

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """What writes the file; what writes nothing before that."""
        return super().experiment if self._begun else _DummyExperiment()

    @rank_zero_only
    def log_hyperparams(self, params: Any = None) -> None:
        """Note hyper-parameters, or write them."""
        if self._begun:
            super().log_hyperparams(params)
        else:
            self._hyperparameters = params


def run_loggers(command: str, folder: Path, options: Any, configuration: str) -> list[Logger]:
    """Return the loggers of a command: none of one that only looks at a run.

    Args:
        command: ``fit``, ``validate``, ``test`` or ``predict``.
        folder: Folder of the run.
        options: Options of the command line.
        configuration: The whole configuration, as YAML.

    Raises:
        InputError: If Weights & Biases would refuse a name.
    """
    if command not in ("fit", "test"):
        return []
    mode = wandb_mode(options.wandb)
    if mode == "disabled":
        return [CurveFile(folder)]
    project = options.project or os.environ.get("WANDB_PROJECT") or "lifting"
    _check_names(project, options.wandb_tags)
    record = WandbRecord(
        folder,
        mode,
        lambda: _tellable(yaml.safe_load(configuration)),
        trains=command == "fit",
        project=project,
        entity=options.wandb_entity,
        group=options.wandb_group,
        # None leaves it to the environment.
        tags=options.wandb_tags or None,
        job_type=options.wandb_job_type,
        notes=options.wandb_notes,
    )
    return [CurveFile(folder), record]


def wandb_mode(option: str) -> str:
    """Return what becomes of ``--wandb`` where ``WANDB_MODE`` allows less.

    Example:
        >>> wandb_mode("disabled")
        'disabled'
    """
    order = ("disabled", "offline", "online")
    allowed = os.environ.get("WANDB_MODE", "online").replace("dryrun", "offline")
    return min(option, allowed, key=order.index) if allowed in order else option


def _tellable(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration with short names for what runs are told apart by."""
    return config | {
        "method": config["model"]["class_path"].rpartition(".")[2],
        "dataset": config["data"]["class_path"].rpartition(".")[2],
        "seed": config["seed_everything"],
    }


def _check_names(project: str, tags: list[str]) -> None:
    if len(project) > _LONGEST_PROJECT or set(_REFUSED) & set(project):
        what: str = Phrase("{} is {}, which Weights & Biases refuses", Option("project"), project)
        remedy = f"take at most {_LONGEST_PROJECT} characters, and none of {_REFUSED}"
        raise InputError(what, remedy=f"{remedy}.")
    for tag in tags:
        if not 1 <= len(tag) <= _LONGEST_TAG:
            what = f"--wandb_tags holds {tag!r}, which Weights & Biases refuses"
            raise InputError(what, remedy=f"a tag has 1 to {_LONGEST_TAG} characters.")


def check_login(trainer: Trainer) -> None:
    """Refuse a run that Weights & Biases would not take, before it begins.

    Raises:
        InputError: If there is no key, or the server does not take it.
    """
    for logger in trainer.loggers:
        if isinstance(logger, WandbRecord) and trainer.is_global_zero:
            logger.check_login()


def close_wandb(trainer: Trainer, status: int = 2) -> None:
    """End the record of Weights & Biases, where there is one.

    Args:
        trainer: The Trainer of the run.
        status: Exit status of the command.
    """
    if any(isinstance(logger, WandbRecord) and logger.is_open for logger in trainer.loggers):
        # A second that other errors need not wait for.
        import wandb

        # Else it would write to the folder once more, as the process ends.
        wandb.finish(exit_code=status)
