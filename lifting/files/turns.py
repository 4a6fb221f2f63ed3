"""Turns of processes: one of them makes what all of them need, while the others wait."""

import errno
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from lifting.files import remove_partials, unwritable

# What file systems without locks answer.
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def in_turn(path: Path) -> Iterator[bool]:
    """Hold a lock, after the processes that hold it now, of this machine or another on the same disk.

    The system takes it from a process that is killed. The file stays, since whoever waits has it open.

    Args:
        path: The lock, a file that is made if there is none.

    Yields:
        Whether it is held. A file system without locks keeps nobody out; a warning says so.

    Raises:
        InputError: If it cannot be written.
    """
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            print(f"Waiting for another process, which holds {path}.", file=sys.stderr)
            lock.acquire()
    except NotImplementedError:
        _warn(path)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise unwritable(error, path) from error
        _warn(path)
    try:
        yield lock.is_locked
    finally:
        lock.release()


def make_once(path: Path, is_made: Callable[[], bool], make: Callable[[], None]) -> None:
    """Make a file that several processes need and may begin to make at once, as those of two nodes do.

    The first one makes it, the others wait and find it. What was written of it by processes that have
    ended is removed, whatever machine they were on.

    Args:
        path: The file, beside which its lock lies.
        is_made: Whether it is there, as it should be.
        make: What makes it, whole or not at all.

    Raises:
        InputError: If nothing can be written there.
    """
    if is_made():
        return
    with in_turn(path.with_name(f".{path.name}.lock")) as held:
        if not is_made():
            if held:
                remove_partials(path.parent, path.name, alone=True)
            make()


def _warn(path: Path) -> None:
    what = "its file system knows no locks, so let no second process make the same."
    warnings.warn(f"{path.parent}: {what}", stacklevel=4)
