"""Lock of a folder: keeps a second process out, and ends with the process that holds it.

It lies in the folder as ``.lock`` and says who holds it. The system takes it back from a process that
ends, however that happens; the file alone keeps nobody out.
"""

import errno
import fcntl
import json
import os
import shlex
import socket
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from lifting.containers.damage import DATA_ERRORS
from lifting.containers.json_files import parse_json
from lifting.errors import InputError
from lifting.files import is_alive, remove_partials, unwritable
from lifting.files.turns import NO_LOCKS

LOCK = ".lock"
# Trials to get hold of a file that others remove meanwhile, and the seconds between two of them.
_TRIALS, _TRY_EVERY = 100, 0.001
# Looks at what a holder has yet to write, and the seconds between two of them.
_LOOKS, _LOOK_EVERY = 20, 0.01
# Where the files of a run are written.
_PARTS = (".", "checkpoints", "pictures")

_held: set[int] = set()


def _forget() -> None:
    # A worker that outlives its process would hold what that has held.
    for descriptor in _held:
        with suppress(OSError):
            os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget)


@contextmanager
def locked(folder: Path, work: str) -> Iterator[int]:
    """Keep other processes out of a folder, which is made if there is none.

    It is removed again, with its lock, where nothing was put into it.

    Args:
        folder: The folder.
        work: What is done there, to tell who is kept out.

    Yields:
        The descriptor of the lock. A command that inherits it holds the lock as well, until it ends.

    Raises:
        InputError: If another process is at work there, or the folder cannot be written.
    """
    new = [place for place in (folder, *folder.parents) if not os.path.exists(place)]
    descriptor = _acquire(folder, work)
    owner = os.getpid()
    _held.add(descriptor)
    try:
        for part in _PARTS:
            remove_partials(folder / part, alone=True)
        yield descriptor
    finally:
        if os.getpid() == owner:
            _held.discard(descriptor)
            _release(folder, descriptor)
            for place in dict.fromkeys((folder, *new)):
                with suppress(OSError):
                    place.rmdir()


def _acquire(folder: Path, work: str) -> int:
    path = folder / LOCK
    for trial in range(_TRIALS):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            # Who was here last may just remove the empty folder, and others make and remove it.
            passing = isinstance(error, (FileNotFoundError, FileExistsError))
            if passing and trial < _TRIALS - 1:
                time.sleep(_TRY_EVERY)
                continue
            raise unwritable(error, folder) from error
        if _take(folder, descriptor) and _is_at(path, descriptor):
            _sign(descriptor, work)
            return descriptor
        os.close(descriptor)
    raise InputError("cannot be locked, since it vanishes", folder, "choose another place.")


def _take(folder: Path, descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = _holder(descriptor)
        os.close(descriptor)
        what = f"{holder} is at work in it"
        raise InputError(what, folder, "wait for it, or end it first.") from error
    except OSError as error:
        if error.errno == errno.ESTALE:  # Removed on another machine.
            return False
        if error.errno not in NO_LOCKS:
            os.close(descriptor)
            raise unwritable(error, folder) from error
        what = f"{folder}: its file system knows no locks, so start no second process in it."
        warnings.warn(what, stacklevel=4)
    return True


def _is_at(path: Path, descriptor: int) -> bool:
    """Return whether a file is the one that lies there: its last holder may have removed it."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _sign(descriptor: int, work: str) -> None:
    content = {
        "work": work,
        "process": os.getpid(),
        "host": socket.gethostname(),
        "command": shlex.join(sys.argv),
        "start": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    # On a full disk it locks all the same.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, (json.dumps(content, indent=2) + "\n").encode(), 0)


def _holder(descriptor: int) -> str:
    """Return in words who holds a lock."""
    words = "another process"
    for _ in range(_LOOKS):
        content = _read(descriptor)
        if content is not None:
            process, host = content["process"], content["host"]
            words = f"{content['work']} (process {process} on {host})"
            if host != socket.gethostname() or is_alive(process):
                return words
            words = f"a command left behind by {words}"
        # It may have it for no longer than it takes to write its name.
        time.sleep(_LOOK_EVERY)
    return words


def _read(descriptor: int) -> dict[str, Any] | None:
    try:
        content = parse_json(os.pread(descriptor, 1 << 16, 0), LOCK)
        return {k: content[k] for k in ("work", "host")} | {"process": int(content["process"])}
    except (InputError, OSError, *DATA_ERRORS):
        return None


def _release(folder: Path, descriptor: int) -> None:
    # While it is held, so that nobody's lock is removed who has come since; who has opened the file
    # already sees that it is gone.
    with suppress(OSError):
        if _is_at(folder / LOCK, descriptor):
            (folder / LOCK).unlink()
    os.close(descriptor)
