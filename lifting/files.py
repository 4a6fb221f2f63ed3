"""Writing of files: whole or not at all."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lifting.errors import DISK_FULL, InputError


@contextmanager
def beside(path: Path, make_folder: bool = False) -> Iterator[Path]:
    """Yield a path to write to, and move what was written to its final place if all went well.

    Args:
        path: The final place.
        make_folder: Make the folder it lies in, if there is none.

    Raises:
        InputError: If nothing can be written there.
        OSError: If the disk is full; what was there before stays as it was.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, path)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        raise InputError(
            f"cannot be written ({error.strerror})", path, "choose another place."
        ) from error
    finally:
        if partial.is_file():
            partial.unlink()


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
