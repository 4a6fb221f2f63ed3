"""Writing several files so that all of them are there, or none that is half written."""

import contextlib
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from lifting.errors import DISK_FULL, InputError


def refuse_existing(paths: Iterable[Path]) -> None:
    """Refuse to write over anything.

    Raises:
        InputError: If one of the files is there; it names it.
    """
    for path in paths:
        if path.exists():
            raise InputError(f"{path}: is there already; choose another name, or remove it.")


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write files beside their places, then move all of them there, the last one last.

    Raises:
        InputError: If they cannot be written where they are to be.
    """
    partial = {path: path.with_name(f"{path.name}.partial") for path in contents}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial[path].write_bytes(content)
        for path in contents:
            os.replace(partial[path], path)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); choose another place."
        ) from None
    finally:
        for path in partial.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def saved(content: Any) -> bytes:
    """Return what torch saves of something."""
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()
