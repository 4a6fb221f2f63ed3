"""Writing of files: whole or not at all."""

import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from lifting.errors import InputError, is_disk_full

# The number of the process that writes it, then what tells its files apart.
_PARTIAL = re.compile(r"\.(\d+)-[0-9a-f]{8}\.partial$")
_LONGEST_NAME = 255


def unwritable(error: OSError, path: Path) -> Exception:
    """Return what to raise where a path cannot be written, and the system said why.

    Returns:
        An :class:`InputError` that names the path and the cause; of a full disk an :class:`OSError`,
        which the top of a command explains.
    """
    if is_disk_full(error):
        number = error.errno or errno.ENOSPC
        return OSError(number, os.strerror(number), str(path))
    place, cause, remedy = path, error.strerror or str(error), "choose another place."
    for part in (path, *path.parents):
        if os.path.islink(part) and not os.path.exists(part):
            place, cause = part, f"it is a link to {os.readlink(part)}, which is not there"
            break
        if part is not path and os.path.exists(part):
            if not os.path.isdir(part):
                place, cause = part, "it is a file, not a folder"
            break
    if isinstance(error, PermissionError):
        remedy = "choose another place, or get the right to write there."
    return InputError(f"cannot be written ({cause})", place, remedy)


def _partial(path: Path) -> Path:
    """Return a path beside another, which no other process writes to."""
    mark = f".{os.getpid()}-{secrets.token_hex(4)}.partial"
    name = os.fsencode(path.name)[: _LONGEST_NAME - len(mark)]
    return path.with_name(os.fsdecode(name) + mark)


@contextmanager
def beside(path: Path, make_folder: bool = False) -> Iterator[Path]:
    """Yield a path to write to, and move what was written to its final place if all went well.

    The path is in the same folder and of this process alone. What was written is on the disk before it
    is moved: a machine that stops leaves the earlier file or the new one.

    Args:
        path: The final place.
        make_folder: Make the folder it lies in, if there is none.

    Raises:
        InputError: If nothing can be written there.
        OSError: If the disk is full; what was there before stays as it was.
    """
    partial = _partial(path)
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        _flush(partial)
        os.replace(partial, path)
    except OSError as error:
        own = {str(p) for p in (path, partial, *path.parents)}
        if error.filename is not None and os.fsdecode(error.filename) not in own:
            raise  # Of another file, which was read to write this one.
        raise unwritable(error, path) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_partials(folder: Path) -> None:
    """Remove from a folder what processes that have ended were writing to it.

    What a living process of this machine writes stays; what this one left is of an earlier process of
    the same number, as containers have it, so that nothing may be written yet.
    """
    with suppress(OSError):
        for path in folder.glob("*.partial"):
            found = _PARTIAL.search(path.name)
            writer = os.getpid() if found is None else int(found[1])
            if writer == os.getpid() or not is_alive(writer):
                with suppress(OSError):
                    path.unlink()


def is_alive(process: int) -> bool:
    """Return whether there is a process of this number on this machine."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def refuse_existing(paths: Iterable[Path]) -> None:
    """Refuse to write over anything.

    Raises:
        InputError: If one of the files is there; it names it.
    """
    for path in paths:
        if path.exists():
            raise InputError("is there already", path, "choose another name, or remove it.")


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write files beside their places, then move all of them there, the last one last.

    Raises:
        InputError: If one of them cannot be written.
    """
    with ExitStack() as stack:
        # Contexts are left in the opposite order.
        for path in reversed(list(contents)):
            stack.enter_context(beside(path, make_folder=True)).write_bytes(contents[path])
