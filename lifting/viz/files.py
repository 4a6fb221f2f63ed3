"""Writing of pictures, pages and videos: whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lifting.errors import DISK_FULL, InputError


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Yield a path to write to, and move what was written to its final place if all went well.

    Args:
        path: The final place.

    Raises:
        InputError: If nothing can be written there.
        OSError: If the disk is full; what was there before stays as it was.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        os.replace(partial, path)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); choose another place."
        ) from None
    finally:
        if partial.is_file():
            partial.unlink()
