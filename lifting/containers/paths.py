"""Paths that are given: files and folders that are there and may be read."""

import os
from pathlib import Path

from lifting.errors import InputError, UnavailableError


def existing_file(path: str | Path) -> Path:
    """Return the path if it names a file.

    Raises:
        InputError: If it does not.
        UnavailableError: If the file may not be read.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError("is a folder", path, "name a file.")
    if not path.is_file():
        raise InputError("there is no such file", path, "check the path.")
    if not os.access(path, os.R_OK):
        raise UnavailableError("may not be read", path, "check its permissions.")
    return path


def existing_folder(path: Path) -> Path:
    """Return the path if it names a folder.

    Raises:
        InputError: If it does not.
    """
    if not path.is_dir():
        raise InputError("there is no such folder", path, "check the path.")
    return path
