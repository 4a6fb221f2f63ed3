"""Mutated files given to every reader: each ends well, or in an input error, soon and in little memory.

``LIFTING_FUZZ`` is the number of files for each reader, ``LIFTING_FUZZ_SEED`` another seed, and
``LIFTING_FUZZ_KEEP`` a folder for those that did harm.
"""

import gc
import os
import random

import pytest

from lifting.containers import matlab_child
from lifting.errors import InputError
from tests.fuzz import worker
from tests.fuzz.mutations import mutate
from tests.fuzz.readers import READERS, Reader
from tests.fuzz.running import fuzz

COUNT = int(os.environ.get("LIFTING_FUZZ", "2"))
SEED = int(os.environ.get("LIFTING_FUZZ_SEED", "0"))


@pytest.mark.slow(reason="feeds mutated files to every reader")
@pytest.mark.timeout(60 * max(10, COUNT))
def test_no_mutated_file_does_harm(capsys):
    figures = fuzz(list(READERS), SEED, COUNT)
    assert figures.inputs == COUNT * len(READERS)
    if COUNT > 2:
        with capsys.disabled():
            print(
                f"\n{figures.inputs} files, {len(figures.wrong)} did harm, the longest took ",
                end="",
            )
            print(f"{figures.seconds} s, the largest {figures.megabytes} MB")
    assert not figures.wrong


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda path: 1 / 0, "ZeroDivisionError: division by zero"),
        # Far more than the limit: meanwhile the system may take back some of what a large process had.
        (lambda path: (b"x" * (400 << 20)).find(b"y"), "took too long, or too much"),
        (lambda path: worker._watch("os.system", ("rm",)), "ExecutionError: os.system"),
        (lambda path: worker._watch("subprocess.Popen", (["python"],)), "ExecutionError"),
    ],
)
def test_harm_is_seen(tmp_path, monkeypatch, harm, told):
    monkeypatch.setattr(worker, "BYTES", 64 << 20)
    # What earlier tests left would be given back in between, and hide as much that is taken.
    gc.collect()
    wrong, seconds, megabytes = worker._outcome(Reader(lambda folder: folder, harm), tmp_path)
    assert wrong is not None
    assert wrong.startswith(told)
    assert seconds < 20
    assert (megabytes > 64) == ("too much" in told)


def test_an_input_error_and_the_process_that_reads_matlab_files_are_no_harm(tmp_path):
    def read(path):
        worker._watch("subprocess.Popen", (["python", "-m", matlab_child.__name__],))
        raise InputError("damaged", path)

    assert worker._outcome(Reader(lambda folder: folder, read), tmp_path)[0] is None


@pytest.mark.parametrize(
    "name", ["keypoints coco", "keypoints npz", "run config", "cmu bvh", "store"]
)
def test_a_mutation_is_another_file_and_the_same_every_time(tmp_path, name):
    whole = READERS[name].make(tmp_path).read_bytes()
    mutated = [mutate(whole, random.Random(n)) for n in range(30)]
    assert mutated == [mutate(whole, random.Random(n)) for n in range(30)]
    assert sum(each != whole for each in mutated) > 25
