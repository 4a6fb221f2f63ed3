"""Checkpoints on their way to the disk: written beside their place, then moved there."""

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
    """

    def __init__(self) -> None:
        super().__init__()
        self._folders: set[Path] = set()

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        """Write a checkpoint.

        Raises:
            InputError: If it cannot be written, or its folder was removed since the last one.
            OSError: If the disk is full.
        """
        path = Path(path)
        if path.parent in self._folders and not path.parent.is_dir():
            what = "was removed while the run was at work in it"
            raise InputError(what, path.parent, "begin the run again.")
        with beside(path, make_folder=True) as partial:
            partial.write_bytes(checkpoint_bytes(checkpoint))
        self._folders.add(path.parent)


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


def write_whole(trainer: Trainer) -> None:
    """Let a Trainer write all its checkpoints whole, also those that Lightning saves by itself."""
    if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
        trainer.strategy.checkpoint_io = WholeCheckpointIO()
