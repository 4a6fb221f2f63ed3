"""Writing of files: whole or not at all."""

import errno
import glob
import hashlib
import os
import re
import secrets
import shutil
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from lifting.errors import InputError, is_disk_full

# The process that writes it, its machine, and what tells its files apart.
_PARTIAL = re.compile(r"\.(\d+)-([0-9a-f]{4})[0-9a-f]{4}\.partial$")
_LONGEST_NAME, _LONGEST_MARK = 255, 32

# What this process is writing.
_open: set[Path] = set()


def _machine() -> str:
    """Return a mark of where numbers of processes mean the same: a machine, or a container on it.

    Nodes of a cluster, or containers, may all have one name.
    """
    marks = [socket.gethostname()]
    with suppress(OSError):
        marks.append(os.readlink("/proc/self/ns/pid"))
    for card in sorted(Path("/sys/class/net").glob("*/device")):
        with suppress(OSError):
            marks.append((card.parent / "address").read_text(encoding="ascii"))
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:4]


_HOST = _machine()


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def on_disk(name: str) -> str:
    """Return a name as that of a file, in UTF-8 on the disk whatever the locale.

    Example:
        >>> on_disk("walk.npz")
        'walk.npz'
    """
    return os.fsdecode(name.encode(errors="surrogateescape"))


def name_of(path: Path) -> str:
    """Return the name of a file as a text that can be written; what is no UTF-8 is replaced."""
    return os.fsencode(path.name).decode(errors="replace")


def unwritable(error: OSError, path: Path) -> Exception:
    """Return what to raise where a path cannot be written, and the system said why.

    Returns:
        An :class:`InputError` that names the path and the cause; of a full disk an :class:`OSError`,
        which the top of a command explains.
    """
    if is_disk_full(error):
        number = error.errno or errno.ENOSPC
        return OSError(number, os.strerror(number), str(path))
    cause, remedy = error.strerror or str(error), "choose another place."
    for part in (path, *path.parents):
        if os.path.islink(part) and not os.path.exists(part):
            cause = f"{part} is a link to {os.readlink(part)}, which is not there"
            break
        if part is not path and os.path.exists(part):
            if not os.path.isdir(part):
                cause = f"{part} is a file, not a folder"
            break
    if isinstance(error, FileExistsError) and os.path.isfile(path):
        cause = "it is a file, not a folder"
    if isinstance(error, PermissionError):
        remedy = "choose another place, or get the right to write there."
    return InputError(f"cannot be written ({cause})", path, remedy)


def _partial(path: Path) -> Path:
    """Return a path beside another, which no other process writes to."""
    mark = f".{os.getpid()}-{_HOST}{secrets.token_hex(2)}.partial"
    return path.with_name(_shortened(path.name) + mark)


def _shortened(name: str) -> str:
    """Return as much of a name as leaves room for the mark of a partial one."""
    return os.fsdecode(os.fsencode(name)[: _LONGEST_NAME - _LONGEST_MARK])


@contextmanager
def beside(path: Path, make_folder: bool = False) -> Iterator[Path]:
    """Yield a path to write to, and move what was written to its final place if all went well.

    The path is in the same folder and of this process alone. What was written is on the disk before it
    is moved: a machine that stops leaves the earlier file or the new one. What a process left there
    that was killed is removed.

    Args:
        path: The final place.
        make_folder: Make the folder it lies in, if there is none.

    Raises:
        InputError: If nothing can be written there.
        OSError: If the disk is full; what was there before stays as it was.
    """
    partial = _partial(path)
    with _written_as(partial, path):
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        remove_partials(path.parent, path.name)
        try:
            yield partial
            _flush(partial)
            os.replace(partial, path)
        finally:
            with suppress(OSError):
                partial.unlink()


@contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """Yield a folder to write files to, and move it to its final place if all went well.

    Args:
        folder: The final place, where nothing is yet; the folder it lies in is made.

    Raises:
        InputError: If nothing can be written there.
        OSError: If the disk is full.
    """
    partial = _partial(folder)
    with _written_as(partial, folder):
        try:
            partial.mkdir(parents=True)
            yield partial
            os.replace(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _written_as(partial: Path, path: Path) -> Iterator[None]:
    """Say of what cannot be written to a partial path that it cannot be written to the final one."""
    _open.add(partial)
    try:
        yield
    except OSError as error:
        named = None if error.filename is None else Path(os.fsdecode(error.filename))
        own = named is None or partial in (named, *named.parents) or named in (path, *path.parents)
        # Else of another file, which was read to write this one, or of a library.
        if not (own and (error.errno is not None or is_disk_full(error))):
            raise
        raise unwritable(error, path) from error
    finally:
        _open.discard(partial)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_partials(folder: Path, name: str | None = None, alone: bool = False) -> None:
    """Remove from a folder what processes that have ended were writing to it.

    Args:
        folder: The folder.
        name: Final name of the file; where not given, of all files.
        alone: Whether a lock keeps out those who write the same: then processes of other machines have
            ended too, else they may be living.
    """
    pattern = "*.partial" if name is None else f"{glob.escape(_shortened(name))}.*.partial"
    with suppress(OSError):
        for path in folder.glob(pattern):
            if path not in _open and not _is_written(path.name, elsewhere=not alone):
                with suppress(OSError):
                    path.unlink()


def _is_written(name: str, elsewhere: bool) -> bool:
    """Return whether another living process may be writing a partial file.

    Args:
        name: Name of the file.
        elsewhere: Whether processes of other machines count as living.
    """
    found = _PARTIAL.search(name)
    if found is None:
        return elsewhere
    if found[2] != _HOST:
        return elsewhere
    # A file of this number that is not open is an earlier process's, as containers have them.
    return int(found[1]) != os.getpid() and is_alive(int(found[1]))


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
