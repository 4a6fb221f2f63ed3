"""Record of a run at Weights & Biases, which begins when there is something to log."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning.fabric.loggers.logger import _DummyExperiment, rank_zero_experiment
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_only

from lifting.errors import InputError, Option, Phrase
from lifting.runs.folder import RUNS
from lifting.runs.wandb_id import kept_id, wandb_id

# The longest name that W&B shows.
_LONGEST_NAME = 128


class WandbRecord(WandbLogger):
    """WandbLogger that keeps its id in the folder of the run, and opens no record before it must.

    Args:
        folder: Folder of the run.
        mode: ``offline`` or ``online``.
        configuration: Returns the whole configuration of the run.
        trains: Whether the run is trained, not tested: a test leaves the configuration there as it is.
        init: More arguments of ``wandb.init``.
    """

    def __init__(
        self,
        folder: Path,
        mode: str,
        configuration: Callable[[], dict[str, Any]],
        trains: bool,
        **init: Any,
    ) -> None:
        inside = folder.is_relative_to(RUNS)
        name = str(folder.relative_to(RUNS)) if inside else folder.name
        # Offline nothing is reached whose address one would need to be told.
        settings = {"silent": True} if mode == "offline" else {}
        super().__init__(
            name=name[:_LONGEST_NAME], save_dir=folder, mode=mode, settings=settings, **init
        )
        self.folder = folder
        self.mode = mode
        self.trains = trains
        self._configuration = configuration
        self._begun = False
        self._hyperparameters: dict[str, Any] = {}
        # Of no effect but a warning.
        self._wandb_init.pop("anonymous", None)

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The record; before the begin something that takes everything and keeps nothing."""
        if not self._begun:
            return _DummyExperiment()
        if self._experiment is None:
            self._open()
        return self._experiment

    def begin(self) -> None:
        """Open the record, before a training has taken a step or a test has seen a batch.

        Raises:
            InputError: If Weights & Biases refuses it, or does not answer.
        """
        self._begun = True
        _ = self.experiment

    @property
    def is_open(self) -> bool:
        """Whether there is a record."""
        return self._experiment is not None

    def check_login(self) -> None:
        """Refuse to begin what could not be uploaded.

        Raises:
            InputError: If there is no key, or the server does not take it.
        """
        if self.mode == "offline":
            return
        import wandb

        try:
            wandb.login(verify=True, force=True)
        except wandb.errors.Error as error:
            raise _refusal(error, self.mode) from error

    @rank_zero_only
    def log_hyperparams(self, params: Any) -> None:
        """Log hyper-parameters, at the latest when the record is opened."""
        told = params if isinstance(params, dict) else vars(params)
        told = {name: value for name, value in told.items() if not name.startswith("_")}
        if self.is_open:
            super().log_hyperparams(told)
        else:
            self._hyperparameters |= told

    def _open(self) -> None:
        # A second that runs without a record need not wait for.
        import wandb

        # Where there is no folder, W&B writes to the system's temporary one.
        self.folder.mkdir(parents=True, exist_ok=True)
        is_new = kept_id(self.folder) is None
        self._id = self._wandb_init["id"] = wandb_id(self.folder, os.environ)
        if wandb.run is not None and wandb.run.id != self._id:
            wandb.finish()  # Of another run in this process.
        records = self.folder / "wandb"
        before = set(records.glob("*"))
        try:
            experiment = super().experiment
        except wandb.errors.Error as error:
            for path in set(records.glob("*")) - before:
                if path.is_symlink() or path.is_file():
                    path.unlink()
                else:
                    shutil.rmtree(path, ignore_errors=True)
            raise _refusal(error, self.mode) from error
        if self.trains or is_new:
            told = self._hyperparameters | self._configuration()
            experiment.config.update(told, allow_val_change=True)


def _refusal(error: Exception, mode: str) -> InputError:
    import wandb

    text = str(error).partition("\n")[0].partition(". ")[0].strip().rstrip(".")
    if mode == "offline":
        remedy = "record nothing, with --wandb disabled."
        return InputError(text, Phrase("{} offline", Option("wandb")), remedy)
    if isinstance(error, wandb.errors.CommError):
        what = f"Weights & Biases does not take the run ({text})"
        check = "check the network, the key and --wandb_entity"
    else:
        what, check = text, "run `wandb login` or set WANDB_API_KEY"
    remedy = f"{check}, or record it with --wandb offline, to upload it later."
    return InputError(what, Phrase("{} online", Option("wandb")), remedy)
