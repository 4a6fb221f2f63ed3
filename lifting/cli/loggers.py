"""Loggers of a run: CSV always, Weights & Biases as the options say."""

from pathlib import Path
from typing import Any

from lightning import Trainer
from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch.loggers import CSVLogger, Logger, WandbLogger

from lifting.runs.folder import RUNS


class WandbRecord(WandbLogger):
    """WandbLogger that makes the folder of the run when there is something to write."""

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The run of Weights & Biases, which begins when this is first asked for."""
        # Where there is none, W&B writes to the system's temporary folder.
        Path(str(self.save_dir)).mkdir(parents=True, exist_ok=True)
        return super().experiment


def run_loggers(folder: Path, options: Any) -> list[Logger]:
    """Return the loggers of a run.

    Args:
        folder: Folder of the run.
        options: Options of the command line.
    """
    loggers: list[Logger] = [CSVLogger(folder, name="logs")]
    if options.wandb != "disabled":
        # One id per run, whatever process writes it: a resumed run goes on in the same chart. The
        # runs of a pipeline have its name before theirs.
        inside = folder.is_relative_to(RUNS)
        name = "-".join(folder.relative_to(RUNS).parts) if inside else folder.name
        loggers.append(
            WandbRecord(
                name=name,
                id=name,
                project=options.project,
                save_dir=folder,
                offline=options.wandb == "offline",
                resume="allow",
            )
        )
    return loggers


def close_wandb(trainer: Trainer) -> None:
    """End the record of Weights & Biases of a run that failed, where there is one."""
    if any(isinstance(logger, WandbLogger) for logger in trainer.loggers):
        # A second that other errors need not wait for.
        import wandb

        # Else it would write to the folder once more, as the process ends.
        wandb.finish(exit_code=2)
