"""Process that feeds mutated files to readers, and prints what came of each as JSON.

Words: the seed, the first number, the number that is the end, and the names of the readers. Every line
is a reader and a number that is begun, or also what was wrong, processor seconds and megabytes. What
runs a command, or writes outside, is an execution.
"""

import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

from lifting.containers import matlab_child
from lifting.errors import InputError
from tests.fuzz.mutations import mutate
from tests.fuzz.readers import READERS, Reader

SECONDS, BYTES = 20, 1 << 30
ROOT = Path(__file__).parents[2]
# Above what counts as too much, so that it is seen and not taken for a damaged file.
_ROOM = 4 << 30
_FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.remove", "os.rename", "os.mkdir")
_FORBIDDEN += ("os.rmdir", "shutil.rmtree", "subprocess.Popen", "ctypes.dlopen")

_reading = False


class ExecutionError(BaseException):
    """A reader did what no file may make it do."""


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _reading and event in _FORBIDDEN and matlab_child.__name__ not in str(arguments):
        raise ExecutionError(f"{event} {arguments}")


def main(seed: str, first: str, end: str, *names: str) -> None:
    """Read the mutations of a range of numbers by each of the readers."""
    os.chdir(ROOT)
    sys.addaudithook(_watch)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    room = _virtual_memory() + _ROOM
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    for name in names:
        with tempfile.TemporaryDirectory(prefix="lifting-fuzz-") as folder:
            os.environ["LIFTING_MODELS_FILE"] = f"{folder}/models.json"
            path = READERS[name].make(Path(folder))
            READERS[name].read(path)
            whole = path.read_bytes()
            for number in range(int(first) if name == names[0] else 0, int(end)):
                print(json.dumps([name, number]), flush=True)
                path.write_bytes(mutate(whole, random.Random(f"{seed} {name} {number}")))
                outcome = _outcome(READERS[name], path)
                print(json.dumps([name, number, *outcome]), flush=True)
                if outcome[0] and (kept := os.environ.get("LIFTING_FUZZ_KEEP")):
                    shutil.copy(path, f"{kept}/{name.replace(' ', '_')}-{number}{path.suffix}")


def _outcome(reader: Reader, path: Path) -> tuple[str | None, float, int]:
    """Return what was wrong, if anything, the processor's seconds and the megabytes."""
    global _reading
    _peak()  # Forgets what the process has had before.
    before, begun, wrong = _peak(), time.process_time(), None
    _reading = True
    try:
        with warnings.catch_warnings(action="ignore"):
            reader.read(path)
    except InputError as error:
        str(error).encode()
    except BaseException as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [
            f for f in frames if Path(f.filename).is_relative_to(ROOT) and "fuzz" not in f.filename
        ]
        place = f"{own[-1].filename}:{own[-1].lineno}" if own else "the reader"
        wrong = f"{type(error).__name__}: {error}"[:200] + f" at {place.removeprefix(str(ROOT))}"
    finally:
        _reading = False
    seconds, size = time.process_time() - begun, _peak() - before
    if wrong is None and (seconds > SECONDS or size > BYTES):
        wrong = "took too long, or too much"
    return wrong, round(seconds, 2), size >> 20


def _virtual_memory() -> int:
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _peak() -> int:
    """Return the most memory that was in use since the last call, in bytes."""
    with open("/proc/self/status") as stream:
        lines = dict(line.split(":", 1) for line in stream)
    with open("/proc/self/clear_refs", "w") as stream:
        stream.write("5")
    return int(lines["VmHWM"].split()[0]) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
