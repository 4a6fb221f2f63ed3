"""Process that reads a MATLAB file: path, limit in bytes and names come as words, arrays go out."""

import os
import pickle
import resource
import sys
from typing import Any

import numpy as np

# Statuses that it ends with, besides 0; a crash has those of its signal.
VERSION_7_3, DAMAGED = 3, 4
# What the reader needs besides the arrays, and how often it may hold these at once.
_OWN_BYTES, _COPIES = 192 << 20, 3


def main(path: str, limit: str, *names: str) -> int:
    """Write the named variables of a file to the standard output, pickled; return the status."""
    if limit:
        _limit_memory(_OWN_BYTES + _COPIES * int(limit))
    # Within the limits, and only where it is needed: whoever starts this process imports this file.
    from scipy.io import loadmat

    try:
        content = loadmat(path, appendmat=False, variable_names=list(names))
        plain = {name: _plain(content[name]) for name in names if name in content}
        pickle.dump(plain, sys.stdout.buffer, protocol=5)
    except NotImplementedError:
        return VERSION_7_3
    except Exception:  # There is hardly an error that a damaged file cannot cause.
        return DAMAGED
    return 0


def _limit_memory(size: int) -> None:
    """Let this process have so many bytes more than it has now, and leave no core file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:
            now = int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        wanted = now + size
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    except (OSError, ValueError):
        # Not every system counts the memory of a process.
        pass


def _plain(content: Any) -> Any:
    """Return numbers and cells of them as they are, and None for anything else."""
    if not isinstance(content, np.ndarray) or content.dtype.kind not in "biufcO":
        return None
    if content.dtype.kind != "O":
        return np.ascontiguousarray(content)
    cells = np.empty(content.shape, object)
    for place, cell in np.ndenumerate(content):
        cells[place] = _plain(cell)
    return cells


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
