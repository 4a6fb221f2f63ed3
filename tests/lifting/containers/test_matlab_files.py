"""Reading of MATLAB files by a process of its own, which may crash, hang or fill its memory."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from scipy.io import savemat

from lifting.containers import matlab_child, matlab_files
from lifting.containers.matlab_files import load_mat
from lifting.errors import InputError


def test_numbers_and_cells_come_through_the_pipe_bit_for_bit(tmp_path):
    rng = np.random.default_rng(0)
    cells = np.empty((2, 2), object)
    cells[0, 0], cells[0, 1] = rng.normal(size=(3, 4)), rng.normal(size=(2, 3, 2)).astype("f4")
    cells[1, 0], cells[1, 1] = np.empty((1, 1), object), "text"
    cells[1, 0][0, 0] = np.array([[7]], np.uint8)
    savemat(tmp_path / "a.mat", {"cells": cells, "struct": {"x": 1.0}, "z": np.array([[1 + 2j]])})
    content = load_mat(tmp_path / "a.mat", ("cells", "struct", "z"))
    np.testing.assert_array_equal(content["cells"][0, 0], cells[0, 0])
    np.testing.assert_array_equal(content["cells"][0, 1], cells[0, 1])
    assert content["cells"][0, 1].dtype == np.float32
    assert content["cells"][1, 0][0, 0].tolist() == [[7]]
    assert content["cells"][1, 1] is None
    assert content["struct"] is None
    assert content["z"].item() == 1 + 2j


@pytest.fixture
def child(monkeypatch):
    """What puts a program in the place of the process that reads."""

    def put(program):
        run = subprocess.run

        def instead(words, **options):
            return run([sys.executable, "-c", program], **options)

        monkeypatch.setattr(matlab_files.subprocess, "run", instead)

    return put


def test_a_crash_of_the_reader_is_a_damaged_file(tmp_path, child):
    savemat(tmp_path / "a.mat", {"x": np.eye(2)})
    child(f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})")
    with pytest.raises(InputError, match=r"a\.mat: damaged or not a \.mat file"):
        load_mat(tmp_path / "a.mat", ("x",))


def test_a_reader_that_hangs_is_ended(tmp_path, child, monkeypatch):
    savemat(tmp_path / "a.mat", {"x": np.eye(2)})
    monkeypatch.setattr(matlab_files, "_PATIENCE", 0.3)
    child("import time; time.sleep(60)")
    begun = time.monotonic()
    with pytest.raises(InputError, match=r"a\.mat: was not read within 0\.3 s"):
        load_mat(tmp_path / "a.mat", ("x",))
    assert time.monotonic() - begun < 30


def test_what_the_reader_hands_over_is_not_unpickled_freely(tmp_path, child):
    savemat(tmp_path / "a.mat", {"x": np.eye(2)})
    child("import os; os.write(1, b'cos\\nmkdir\\n(S\"trap\"\\ntR.')")
    with pytest.raises(InputError, match="asks to run"):
        load_mat(tmp_path / "a.mat", ("x",))


def test_the_reader_has_so_much_memory_and_no_more(tmp_path):
    if not os.path.exists("/proc/self/statm"):
        pytest.skip("memory is not counted here")
    # A hundred megabytes of zeros in a hundred kilobytes.
    savemat(tmp_path / "a.mat", {"x": np.zeros(13_000_000)}, do_compression=True)
    # The library itself takes less than a gigabyte.
    for size, status in (("1", matlab_child.DAMAGED), ("3 << 30", 0)):
        program = f"""
import sys
from lifting.containers import matlab_child
import scipy.io
matlab_child._OWN_BYTES = {size}
sys.exit(matlab_child.main({str(tmp_path / "a.mat")!r}, "1", "x"))
"""
        (tmp_path / "read.py").write_text(program)
        words = [sys.executable, str(tmp_path / "read.py")]
        done = subprocess.run(words, capture_output=True)
        assert done.returncode == status, done.stderr
