"""Folder of what is given to the app: held while it runs, and removed when it ends, however that is."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lifting.errors import InputError
from lifting.files import unwritable
from lifting.files.turns import NO_LOCKS

_PREFIX = "lifting-app-"
# Looks at a folder that others, who are just starting, take for left behind.
_TRIALS = 10
# A request that is being answered may put a file into a folder that is being removed.
_REMOVALS, _REMOVE_EVERY = 20, 0.05


@contextmanager
def upload_folder() -> Iterator[Path]:
    """Yield a new folder that nobody else can read, and remove it at the end.

    Those that earlier processes have left, since they were killed, are removed at the start. The system
    tells which these are: a process holds a lock on its folder for as long as it lives.

    Raises:
        InputError: If no folder can be made.
    """
    place = _place()
    _remove_left_over(place)
    folder, descriptor = _held(place)
    try:
        yield folder
    finally:
        for _ in range(_REMOVALS):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(_REMOVE_EVERY)
        os.close(descriptor)


def _place() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except OSError as error:
        # Each candidate was tried by writing to it.
        what = "no folder of temporary files can be written to"
        raise InputError(what, "TMPDIR", "free some space there, or name another.") from error


def _held(place: Path) -> tuple[Path, int]:
    for _ in range(_TRIALS):
        try:
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
        except OSError as error:
            raise unwritable(error, place) from error
        descriptor = _lock(folder, surely=False)
        if descriptor is not None:
            return folder, descriptor
    raise InputError("folders vanish from it", place, "set TMPDIR to another one.")


def _lock(folder: Path, surely: bool) -> int | None:
    """Return the descriptor that holds a folder, or None where another process does, or it is gone.

    Where a file system knows no locks, nobody can be sure that nobody else holds it.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    held = False
    with suppress(OSError):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if surely or error.errno not in NO_LOCKS:
                raise
        held = os.path.samestat(os.fstat(descriptor), folder.stat())
    if held:
        return descriptor
    os.close(descriptor)
    return None


def _remove_left_over(place: Path) -> None:
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if folder.lstat().st_uid != os.getuid():
                continue
        descriptor = _lock(folder, surely=True)
        if descriptor is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)
