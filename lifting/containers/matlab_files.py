"""MATLAB's files up to version 7: numbers and cells of numbers, read by a process of their own.

SciPy's reader neither unpickles nor runs anything, but a crafted file makes it crash, or fill the
memory. Hence a child reads the file within limits, and hands over arrays alone.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lifting.containers import matlab_child
from lifting.containers.limits import unpacked_limit
from lifting.containers.paths import existing_file
from lifting.containers.pickles import unpickle
from lifting.errors import InputError

# Seconds; a hundred megabytes take a few.
_PATIENCE = 300


def load_mat(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """Read the named variables of a ``.mat`` file up to version 7.

    Returns:
        By name an array of numbers, an array of objects for a cell array, or None for anything else.

    Raises:
        InputError: If the file is missing, damaged, of version 7.3, too large once unpacked, or lacks a
            variable.
    """
    path = existing_file(path)
    done = _read_apart(path, names)
    if done.returncode == matlab_child.VERSION_7_3:
        raise InputError("of MATLAB's version 7.3, not 5", path, "get the file again.")
    content = unpickle(done.stdout, path) if done.returncode == 0 else None
    if content is None:
        raise InputError("damaged or not a .mat file", path, "get the file again.")
    for name in names:
        if name not in content:
            raise InputError(f"no '{name}' in it", path, "get the file from its owners again.")
    return dict(content)


def _read_apart(path: Path, names: Sequence[str]) -> "subprocess.CompletedProcess[bytes]":
    limit = unpacked_limit(path)
    words = [str(path), str(int(limit)) if limit < float("inf") else "", *names]
    # Wherever this package was found, it is found again.
    source = str(Path(__file__).parents[2])
    found = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
    try:
        return subprocess.run(
            [sys.executable, "-m", matlab_child.__name__, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": found, "OMP_NUM_THREADS": "1"},
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        what = f"was not read within {_PATIENCE} s"
        raise InputError(what, path, "get the file again.") from error
