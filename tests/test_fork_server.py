"""Forked processes are to their parents, and to themselves, as new ones are."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux")

# Prints what a program can see of itself, and all it does not share with others.
PROGRAM = """
import json, logging, os, subprocess, sys, warnings
child = sys.argv[1:2] == ["child"]
seen = {
    "argv": sys.argv, "path": sys.path[0], "main": sorted(vars(sys.modules["__main__"])),
    "cwd": os.getcwd(), "environment": dict(os.environ), "input": sys.stdin.read(),
    "parent": os.getppid(), "session": os.getsid(0) == os.getpid(),
    "spec": getattr(__spec__, "name", None), "level": logging.getLogger().level,
    "descriptors": [n for n in range(3, 100) if os.path.exists(f"/proc/self/fd/{n}")],
}
if child:
    print(json.dumps(seen))
else:
    done = subprocess.run([sys.executable, __file__, "child"], input="", capture_output=True, text=True)
    print(json.dumps(seen | {"child": json.loads(done.stdout), "self": os.getpid()}))
    print("on stderr", file=sys.stderr)
    sys.exit(7)
"""


@pytest.fixture
def program(tmp_path):
    (tmp_path / "tool.py").write_text(PROGRAM)
    return tmp_path


def run(folder, *words, **options):
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={"A": "é", "LC_ALL": "C.UTF-8"},
        input="to read",
        capture_output=True,
        text=True,
        **options,
    )
    return done.returncode, json.loads(done.stdout), done.stderr


def seen_by(folder, *words):
    """What a process prints, with what may differ between two of them compared and removed."""
    status, seen, errors = run(folder, *words)
    assert (status, errors) == (7, "on stderr\n")
    assert seen.pop("parent") == os.getpid()
    assert seen["child"].pop("parent") == seen.pop("self")
    # Libraries keep some open.
    del seen["descriptors"], seen["child"]["descriptors"]
    for names in (seen["main"], seen["child"]["main"]):
        names[:] = [name for name in names if not name.startswith("__")]
    return seen


@pytest.mark.parametrize("words", [("tool.py", "--a", "b c"), ("-m", "tool", "x")])
def test_a_forked_process_sees_what_a_new_one_sees(program, words):
    forked = seen_by(program, *words)
    # An option of Python's is one of a new one.
    assert forked == seen_by(program, "-u", *words)


def test_packages_of_the_working_directory_come_first(tmp_path):
    (tmp_path / "lifting").mkdir()
    (tmp_path / "lifting/__main__.py").write_text("print('another')")
    (tmp_path / "lifting/__init__.py").touch()
    done = subprocess.run([sys.executable, "-m", "lifting"], cwd=tmp_path, capture_output=True)
    assert done.stdout == b"another\n"


def test_descriptors_are_passed_on_and_no_others(tmp_path):
    (tmp_path / "write.py").write_text("import os, sys\nos.write(int(sys.argv[1]), b'here')")
    reading, writing = os.pipe()
    for passed, status in (((writing,), 0), ((), 1)):
        words = [sys.executable, str(tmp_path / "write.py"), str(writing)]
        done = subprocess.run(words, pass_fds=passed, capture_output=True)
        assert done.returncode == status, done.stderr
    os.close(writing)
    assert os.read(reading, 100) == b"here"
    assert os.read(reading, 100) == b""
    os.close(reading)


def test_seeds_are_drawn_anew_as_by_a_new_interpreter(tmp_path):
    (tmp_path / "seeds.py").write_text(
        "import random, numpy, torch\n"
        "print(torch.initial_seed(), random.random(), numpy.random.rand(), torch.get_num_threads())"
    )
    command = [sys.executable, str(tmp_path / "seeds.py")]
    first, second = (
        subprocess.run(command, capture_output=True, text=True).stdout.split() for _ in range(2)
    )
    # Each from the system.
    assert all(a != b for a, b in zip(first[:3], second[:3], strict=True))
    assert first[3] == second[3] == "1"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_end_it_with_what_it_has_started(tmp_path, number):
    (tmp_path / "sleep.py").write_text(
        "import os, subprocess, sys, time\n"
        "if len(sys.argv) == 1: subprocess.Popen([sys.executable, __file__, 'inner'])\n"
        "os.write(1, b'begun\\n')\ntime.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "sleep.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    started = time.monotonic()
    assert [process.stdout.readline() for _ in range(2)] == [b"begun\n"] * 2
    os.killpg(process.pid, number)
    # Both have closed their ends.
    assert process.communicate()[0] == b""
    assert process.returncode == -number
    assert time.monotonic() - started < 30
