"""Hold of a command on the folder of its run, and what it leaves there when its start fails."""

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lightning import Trainer

from callbacks.saving import removed, write_whole
from lifting.cli.run.loggers import close_wandb
from lifting.errors import DivergenceError, InputError, is_disk_full
from lifting.files import unwritable
from lifting.runs.folder import set_aside_damaged
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
    # What W&B cannot write to its own log on a full disk would bury the sentence that says so.
    logging.raiseExceptions = False
    if not trainer.is_global_zero:
        write_whole(trainer)
        yield
        return
    with locked(folder, work):
        write_whole(trainer, folder)
        before = set(folder.iterdir())
        try:
            check()
            for path in set_aside_damaged(folder):
                before ^= {path, path.with_suffix("")}
                print(f"{path.with_suffix('')} is damaged, and now {path.name}.", file=sys.stderr)
            yield
        except BaseException as error:
            begun = work == "fit" and (
                trainer.global_step > 0 or isinstance(error, DivergenceError)
            )
            if not begun:
                _clear(trainer, folder, before)
            if isinstance(error, OSError | InputError):
                raise _refusal(error, folder) from error
            raise


def _refusal(error: OSError | InputError, folder: Path) -> Exception:
    """Return what to raise for an error of a command that was at work in a folder."""
    if not folder.is_dir():
        return removed(folder)
    if isinstance(error, InputError):
        return error
    if error.filename is None:
        return _full(error, folder) if is_disk_full(error) else error
    path = Path(os.fsdecode(error.filename))
    inside = path.absolute().is_relative_to(folder.absolute())
    return unwritable(error, path) if inside else error


def _full(error: OSError, folder: Path) -> OSError:
    """Return the error of a full disk with the folder that is on it: W&B writes to two of them."""
    places = [folder, Path(tempfile.gettempdir())]
    full = min(places, key=lambda place: shutil.disk_usage(place).free)
    return OSError(error.errno, error.strerror, str(full))


def _clear(trainer: Trainer, folder: Path, before: set[Path]) -> None:
    """Remove what a start left that failed; nothing that was trained is ever removed."""
    if any(folder.glob("checkpoints/*.ckpt")):
        return
    with suppress(Exception):  # What made the start fail may be in its way as well.
        close_wandb(trainer)
    with suppress(OSError):
        for path in set(folder.iterdir()) - before:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
