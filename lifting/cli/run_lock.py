"""Hold of a command on the folder of its run, and what it leaves there when its start fails."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lightning import Trainer

from callbacks.saving import write_whole
from lifting.cli.loggers import close_wandb
from lifting.errors import DivergenceError
from lifting.runs.lock import locked


@contextmanager
def at_work(trainer: Trainer, folder: Path, work: str, check: Callable[[], None]) -> Iterator[None]:
    """Keep other processes out of the folder of a run while a command is at work in it.

    The process that writes holds the lock; the others of a training have nothing to lock.

    Args:
        trainer: The Trainer of the command.
        folder: Folder of the run.
        work: The command, to tell others who is at work.
        check: Refuses what another process may have done to the folder before it was locked.

    Raises:
        InputError: If another process is at work there.
    """
    write_whole(trainer)
    if not trainer.is_global_zero:
        yield
        return
    with locked(folder, work):
        before = set(folder.iterdir())
        try:
            check()
            yield
        except BaseException as error:
            begun = work == "fit" and (
                trainer.global_step > 0 or isinstance(error, DivergenceError)
            )
            if not begun:
                _clear(trainer, folder, before)
            raise


def _clear(trainer: Trainer, folder: Path, before: set[Path]) -> None:
    """Remove what a start left that failed; nothing that was trained is ever removed."""
    with suppress(OSError):
        if any(folder.glob("checkpoints/*.ckpt")):
            return
        close_wandb(trainer)
        for path in set(folder.iterdir()) - before:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
