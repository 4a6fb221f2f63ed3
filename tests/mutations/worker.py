"""A process that has imported what the suite stands on, and runs pytest in forks of itself.

Of the suite itself nothing may be imported here, since each fork has another of it. Reads a line of JSON
per run, ``[folder, file for its words, argument, ...]``, and answers with pytest's status.
"""

import json
import os
import sys

import pytest

# What takes seconds to import.
for name in ("torch", "lightning.pytorch", "hypothesis", "h5py", "scipy.signal", "torchmetrics"):
    __import__(name)


def _run(folder: str, words: str, arguments: list[str]) -> int:
    """Run pytest in a fork, and return its status."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1 << 7
    try:
        output = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(folder)
        sys.path.insert(0, folder)
        status = int(pytest.main(arguments))
        sys.stdout.flush()
    finally:
        os._exit(status)


if __name__ == "__main__":
    for line in sys.stdin:
        place, written, *rest = json.loads(line)
        print(_run(place, written, rest), flush=True)
