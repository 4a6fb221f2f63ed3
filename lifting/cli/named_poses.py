"""Poses as commands are told them: a run, a file, or the folder of a lifted video."""

from pathlib import Path

from lifting.errors import InputError
from lifting.inference.video.options import POSES
from lifting.runs.folder import CONFIG

ENDINGS = (".npz", ".npy")


def is_file(run: str) -> bool:
    """Return whether a file of poses is named, and no run by the file of its predictions."""
    path = Path(run)
    return path.suffix.lower() in ENDINGS and not path.is_dir() and of_run(run) == run


def in_folder(run: str) -> str:
    """Return the poses in a folder that `lifting video` wrote; anything else as it is.

    Raises:
        InputError: If it is a file of another kind.
    """
    path = Path(run)
    if path.is_file() and path.suffix.lower() not in ENDINGS:
        remedy = "name an .npz or .npy, as `lifting lift` and `lifting video` write it."
        raise InputError("is no file of poses", path, remedy)
    lifted = (path / POSES).is_file() and not (path / CONFIG).is_file()
    return str(path / POSES) if lifted else run


def of_run(run: str) -> str:
    """Return the folder of a run that is named by its predictions; anything else as it is."""
    path = Path(run)
    named = path.name == "predictions.npz" and (path.parent / CONFIG).is_file()
    return str(path.parent) if named else run
