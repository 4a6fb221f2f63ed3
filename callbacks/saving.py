"""Checkpoints on their way to the disk: written beside their place, then moved there."""

import os
from pathlib import Path
from typing import Any

from lightning import Trainer
from lightning.fabric.plugins import TorchCheckpointIO

from lifting.checkpoints import checkpoint_bytes
from lifting.errors import InputError
from lifting.files import beside


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes checkpoints whole or not at all, in the folder they go to.

    Lightning writes to the system's temporary folder and moves the file. Across file systems that is a
    copy, and a run killed in the midst of it could not be resumed.

    Args:
        folder: The folder of the run.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._folder = folder
        self._place = None if folder is None else folder.stat()

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        """Write a checkpoint.

        Raises:
            InputError: If it cannot be written, or the folder of the run was removed.
            OSError: If the disk is full.
        """
        if self._folder is not None and self._place is not None:
            here = self._folder.stat() if self._folder.is_dir() else None
            # Something else may have made one of this name again.
            if here is None or not os.path.samestat(here, self._place):
                raise removed(self._folder)
        with beside(Path(path), make_folder=True) as partial:
            partial.write_bytes(checkpoint_bytes(checkpoint))


def removed(folder: Path) -> InputError:
    """Return the error that the folder of a run is no longer there."""
    what = "was removed or renamed while the run was at work in it"
    return InputError(what, folder, "begin the run again, or go on where it is now.")


def save_checkpoint(trainer: Trainer, path: str | Path) -> None:
    """Save the state of a training: whole, or not at all. Every process calls it.

    Args:
        trainer: The Trainer, in training.
        path: The place of the checkpoint.

    Raises:
        InputError: If it cannot be written.
        OSError: If the disk is full.
    """
    write_whole(trainer)
    trainer.save_checkpoint(path, weights_only=False)


def write_whole(trainer: Trainer, folder: Path | None = None) -> None:
    """Let a Trainer write all its checkpoints whole, also those that Lightning saves by itself.

    Args:
        trainer: The Trainer.
        folder: The folder of its run, which is not made again should it be removed.
    """
    if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
        trainer.strategy.checkpoint_io = WholeCheckpointIO(folder)
