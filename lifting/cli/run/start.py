"""Start of a run: the checkpoint it takes, and what is refused before anything is written."""

from pathlib import Path
from typing import Any

from lifting.checkpoints import checkpoint_file, read_checkpoint
from lifting.errors import CheckpointError, InputError, Option, Phrase
from lifting.runs.folder import CONFIG, RUNS, checkpoint_to_go_on, known_config

# By command, the options of the Trainer that leave it nothing to do where they are 0, and what it
# leaves undone then.
_AMOUNTS = {
    "fit": (("max_epochs", "max_steps", "limit_train_batches"), "nothing would be trained"),
    "validate": (("limit_val_batches",), "nothing would be measured"),
    "test": (("limit_test_batches",), "nothing would be tested, and no test.csv written"),
    "predict": (("limit_predict_batches",), "nothing would be predicted, and no file written"),
}


def check_amount(command: str, options: Any) -> None:
    """Refuse a command that would do nothing, and succeed.

    Args:
        command: One of ``fit``, ``validate``, ``test`` and ``predict``.
        options: Options of the command line.

    Raises:
        InputError: With what would not be done.
    """
    if command == "validate" and not options.data.init_args.get("val_subjects", True):
        raise InputError(
            Phrase("{} is empty: {}; name some.", Option("data.val_subjects"), _AMOUNTS[command][1])
        )
    for name in ("fit", "test") if options.get("test") else (command,):
        zero, undone = _AMOUNTS[name]
        for option in zero:
            # False and fractions of nothing are 0 as well.
            if options.trainer.get(option) == 0:
                raise InputError(
                    Phrase("{} is 0: {}; give more.", Option(f"trainer.{option}"), undone)
                )


def find_checkpoint(folder: Path, name: str | None, fits: bool) -> Path | None:
    """Return the checkpoint that a command takes.

    Args:
        folder: Folder of the run.
        name: ``best``, ``last``, a path, the name of a model, or None.
        fits: Whether the command trains.

    Raises:
        InputError: If the run has another one alone to test.
    """
    if name is None and not fits:
        name = "best"
    if name not in ("best", "last"):
        return None if name is None else checkpoint_file(name)
    path, left = folder / "checkpoints" / f"{name}.ckpt", checkpoint_to_go_on(folder)
    if fits:
        # A run may be asked to resume before it has begun: a requeued job repeats its command.
        return path if path.is_file() else left
    if left is not None and not path.is_file():
        remedy = f"take the other one with --ckpt_path {left.stem}."
        raise InputError("there is no such checkpoint", path, remedy)
    return path


def check_checkpoint(path: Path, fits: bool) -> dict[str, Any]:
    """Return what a checkpoint holds, unless a command cannot go on from it.

    Raises:
        InputError: If it cannot be read, or a training is to go on from one without an optimiser.
    """
    try:
        content = read_checkpoint(path)
    except CheckpointError as error:
        other = {"best": "last", "last": "best"}.get(path.stem)
        if other is None or not path.with_stem(other).is_file():
            raise
        remedy = f"take the other one, with --ckpt_path {other}."
        raise CheckpointError(error.what, error.where, remedy) from error
    if fits and "optimizer_states" not in content:
        what = "holds imported weights and no training to go on with"
        raise InputError(what, path, "test or predict with it.")
    return content


def file_stamp(path: Path | None) -> tuple[str, int, int, int] | None:
    """Return what differs where a file has been replaced, or None where there is none.

    Returns:
        Path, inode, size in bytes and time of change in nanoseconds.
    """
    if path is None or not path.is_file():
        return None
    stat = path.stat()
    return str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns


def check_folder(folder: Path, options: Any, resumes: bool) -> None:
    """Refuse what would mix two runs in one folder.

    Args:
        folder: Folder of the run.
        options: Options of the command line.
        resumes: Whether the training is to go on from a checkpoint.

    Raises:
        InputError: If there is another experiment in the folder or around it, or one that would be begun
            again.
    """
    above = [place for place in folder.parents if RUNS in place.parents]
    if around := [place for place in above if (place / CONFIG).is_file()]:
        raise InputError(f"lies in the folder of run {around[0]}", folder, "choose another --run.")
    before = known_config(folder)
    for part in ("model", "data"):
        old, new = before.get(part), options[part].class_path
        old = old.get("class_path") if isinstance(old, dict) else None
        if old not in (None, new):
            what = f"holds another experiment ({part} {old}, not {new})"
            raise InputError(what, folder, "choose another --run.")
    if checkpoint_to_go_on(folder) is not None and not resumes:
        remedy = "add --ckpt_path last to go on with it, or choose another --run."
        raise InputError("holds a run that has begun", folder, remedy)
