"""Cache of fetched models: its folder, whole and verified files, one process at a time."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

from lifting.errors import InputError
from lifting.files import beside, sha256
from lifting.files.turns import in_turn
from lifting.models.registry import Model, ModelFile

FOLDER, OFFLINE, MIRROR = "LIFTING_CACHE", "LIFTING_OFFLINE", "LIFTING_MIRROR"
# In the cache, beside the folders of the models, whose names begin with no dot.
PARTIAL, _LOCKS = ".partial", ".locks"


def cache_folder() -> Path:
    """Return the folder of fetched models: ``LIFTING_CACHE``, or the platform's folder of caches."""
    named = os.environ.get(FOLDER)
    return Path(named).expanduser() if named else user_cache_path("lifting")


def is_offline() -> bool:
    """Return whether ``LIFTING_OFFLINE`` forbids the network."""
    return os.environ.get(OFFLINE, "0").lower() not in ("", "0", "false", "no")


def is_whole(path: Path, file: ModelFile) -> bool:
    """Return whether a file is there, of the size and the SHA-256 that the registry says."""
    try:
        return path.stat().st_size == file.size and sha256(path) == file.sha256
    except (FileNotFoundError, NotADirectoryError):
        return False


def missing(model: Model, folder: Path) -> list[ModelFile]:
    """Return the files of a model that are not in a folder, or not as they should be."""
    return [file for file in model.files if not is_whole(folder / file.path, file)]


def check(path: Path, file: ModelFile, where: object) -> None:
    """Refuse a file that came from somewhere, unless it is the one of the registry.

    Raises:
        InputError: If its size or its SHA-256 is another.
    """
    size = path.stat().st_size
    if size != file.size:
        what = f"{file.path} has {size:,} bytes, not {file.size:,}, and was refused"
    elif (found := sha256(path)) != file.sha256:
        what = f"{file.path} has the SHA-256 {found}, not {file.sha256}, and was refused"
    else:
        return
    raise InputError(what, where, "get it from another place; docs/models.md says how.")


def keep(source: Path, file: ModelFile, folder: Path, where: object) -> None:
    """Copy a file into the folder of a model, whole and verified or not at all.

    Raises:
        InputError: If it is another file, or cannot be written.
        OSError: If the disk is full.
    """
    with beside(folder / file.path, make_folder=True) as partial:
        shutil.copyfile(source, partial)
        check(partial, file, where)


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Wait until no other process fetches a model, and keep others waiting.

    Raises:
        InputError: If nothing can be written to the cache.
    """
    with in_turn(cache_folder() / _LOCKS / f"{name}.lock"):
        yield
