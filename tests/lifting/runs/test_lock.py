import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lifting.errors import InputError
from lifting.runs.lock import LOCK, locked
from tests.left_over import left_over

HOLD = """
import os, subprocess, sys
from pathlib import Path
from lifting.runs.lock import locked
with locked(Path(sys.argv[1]), "fit") as descriptor:
    if "leave" in sys.argv:
        # A command that goes on when its starter is killed.
        subprocess.Popen(["cat"], pass_fds=[descriptor])
    if "fork" in sys.argv and not os.fork():
        # A worker that does not notice.
        sys.stdin.read()
        os._exit(0)
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def hold():
    """What starts a process that holds a folder until its input ends."""
    started = []

    def start(folder: Path, *how: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, str(folder), *how]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        started.append(process)
        assert int(process.stdout.readline()) == process.pid
        return process

    yield start
    for process in started:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def is_free(folder: Path) -> bool:
    try:
        with locked(folder, "test"):
            return True
    except InputError:
        return False


def wait_until_free(folder: Path) -> bool:
    return any(is_free(folder) for _ in range(500) if not threading.Event().wait(0.01))


def test_second_process_is_told_who_is_at_work(tmp_path, hold):
    folder = tmp_path / "run"
    process = hold(folder)
    remedy = "wait for it, or end it first."
    who = f"fit (process {process.pid} on {socket.gethostname()})"
    with (
        pytest.raises(InputError, match=re.escape(f"{folder}: {who} is at work in it; {remedy}")),
        locked(folder, "test"),
    ):
        pass
    note = json.loads((folder / LOCK).read_text())
    assert (note["work"], note["process"]) == ("fit", process.pid)
    assert note["command"].startswith("-c")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+\d\d:\d\d", note["start"])


@pytest.mark.parametrize("how", [(), ("fork",)])
def test_death_of_the_holder_sets_the_folder_free(tmp_path, hold, how):
    folder = tmp_path / "run"
    process = hold(folder, *how)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert (folder / LOCK).exists()
    # A worker lets go of it when it begins, which may be later than what has been said.
    assert wait_until_free(folder)
    assert not folder.exists()


def test_command_left_behind_holds_it_as_well(tmp_path, hold):
    process = hold(tmp_path, "leave")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    who = f"a command left behind by fit (process {process.pid} on {socket.gethostname()})"
    with pytest.raises(InputError, match=re.escape(who)), locked(tmp_path, "test"):
        pass
    process.stdin.close()  # which ends the command
    assert wait_until_free(tmp_path)


def test_two_in_one_process_exclude_each_other(tmp_path):
    with locked(tmp_path, "fit"):
        assert not is_free(tmp_path)
    assert is_free(tmp_path)


def test_nothing_is_left_where_nothing_was_put(tmp_path):
    with locked(tmp_path / "runs/p/a", "fit"):
        assert (tmp_path / "runs/p/a" / LOCK).is_file()
    assert not (tmp_path / "runs").exists()
    with locked(tmp_path / "runs/a", "fit"):
        (tmp_path / "runs/a/config.yaml").touch()
    assert [p.name for p in (tmp_path / "runs/a").iterdir()] == ["config.yaml"]


def test_lock_of_another_is_not_removed(tmp_path):
    folder, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    with locked(folder, "fit"):
        folder.rename(elsewhere)
        with locked(folder, "fit"):
            pass
        folder.mkdir()
        (folder / LOCK).touch()
    assert (folder / LOCK).exists()


def test_what_dead_processes_were_writing_is_removed(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    last = tmp_path / "checkpoints/last.ckpt"
    kept = left_over(last, process=1)
    gone = [left_over(last), left_over(last, os.getpid()), left_over(last, 1, host="ffff")]
    for path in (kept, *gone, tmp_path / "test.csv.partial", tmp_path / "config.yaml"):
        path.touch()
    with locked(tmp_path, "fit"):
        left = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {kept, tmp_path / "config.yaml", tmp_path / LOCK}


def test_many_at_once_have_it_one_after_another(tmp_path):
    """They make, lock, unlock and remove the folder all the time."""
    folder, inside, seen, wrong = tmp_path / "runs/a", [], [], []

    def fight() -> None:
        while len(seen) < 100:
            try:
                with locked(folder, "fit"):
                    inside.append(1)
                    wrong.append("" if len(inside) == 1 and folder.is_dir() else "two")
                    seen.append(1)
                    inside.pop()
            except InputError as error:
                wrong.append("" if "at work" in str(error) else str(error))

    threads = [threading.Thread(target=fight) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(wrong) == {""}
    assert not folder.exists()


def test_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    cases = {
        tmp_path / "file": "file: cannot be written (it is a file, not a folder)",
        tmp_path / "file/a": f"cannot be written ({tmp_path}/file is a file, not a folder)",
        tmp_path
        / "link": f"cannot be written ({tmp_path}/link is a link to {tmp_path}/gone, which",
        tmp_path / "link/a": f"({tmp_path}/link is a link to {tmp_path}/gone, which is not there)",
        tmp_path / ("x" * 300): "cannot be written (File name too long)",
    }
    for folder, text in cases.items():
        with pytest.raises(InputError, match=re.escape(text)), locked(folder, "fit"):
            pass


def test_file_system_without_locks_is_said(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("lifting.runs.lock.fcntl.flock", refuse)
    with pytest.warns(UserWarning, match="knows no locks"), locked(tmp_path, "fit"):
        assert (tmp_path / LOCK).exists()
