"""Reading of foreign files without running them: the guarded readers, and what lies in folders."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lifting import files
from lifting.containers.arrays import load_npy, load_npz
from lifting.containers.hdf5_files import open_hdf5
from lifting.containers.json_files import load_json
from lifting.containers.paths import existing_file, existing_folder
from lifting.containers.pickles import load_pickle
from lifting.errors import InputError

__all__ = [
    "existing_file",
    "existing_folder",
    "load_json",
    "load_npy",
    "load_npz",
    "load_pickle",
    "open_hdf5",
    "sha256",
    "walk_items",
]


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    return files.sha256(existing_file(path))


def walk_items(tree: Any, path: Path, depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield (keys, leaf) of a dictionary nested ``depth`` levels deep, keys sorted as text.

    Raises:
        InputError: If the nesting is another.
    """
    if depth == 0:
        yield (), tree
        return
    if not isinstance(tree, dict) or not tree:
        what = "expected a dictionary of subjects and their sequences"
        raise InputError(what, path, "is it VideoPose3D's file?")
    for key in sorted(tree, key=str):
        for keys, leaf in walk_items(tree[key], path, depth - 1):
            yield (str(key), *keys), leaf
