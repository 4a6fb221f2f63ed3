"""Turns of processes: what several need is made once, whoever begins and whoever is killed."""

import errno
import multiprocessing
import time
from pathlib import Path

import pytest
from filelock import FileLock

from lifting.errors import InputError
from lifting.files import beside
from lifting.files.turns import in_turn, make_once
from tests.left_over import left_over


def make(path: Path) -> None:
    with beside(path) as partial:
        partial.write_text("made")
        time.sleep(0.05)
    with path.with_name("log").open("a") as log:
        log.write("made\n")


def ask(path: Path, start) -> None:
    start.wait()
    make_once(path, path.is_file, lambda: make(path))


def test_processes_that_begin_together_make_it_once(tmp_path):
    context = multiprocessing.get_context("fork")
    start = context.Barrier(3)
    processes = [context.Process(target=ask, args=(tmp_path / "a", start)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert (tmp_path / "log").read_text() == "made\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.lock", "a", "log"]


def test_nothing_is_written_where_it_is_there(tmp_path):
    make_once(tmp_path / "a", lambda: True, pytest.fail)
    assert not list(tmp_path.iterdir())


def test_what_killed_processes_of_any_node_were_making_is_removed(tmp_path):
    path = tmp_path / "a"
    # Other files may be in the making.
    kept = left_over(tmp_path / "b", host="ffff")
    for left in (left_over(path), left_over(path, host="ffff"), kept):
        left.touch()
    make_once(path, path.is_file, lambda: make(path))
    assert {each.name for each in tmp_path.iterdir()} == {".a.lock", "a", "log", kept.name}


def test_whoever_waits_is_told_for_what(tmp_path, capsys, monkeypatch):
    first = FileLock(tmp_path / "lock")
    first.acquire()
    acquire = FileLock.acquire

    def waited(self, timeout=None, **options):
        if timeout is None:
            first.release()
        return acquire(self, timeout, **options)

    monkeypatch.setattr(FileLock, "acquire", waited)
    with in_turn(tmp_path / "lock") as held:
        assert held
    assert f"which holds {tmp_path}/lock" in capsys.readouterr().err


@pytest.mark.parametrize("error", [OSError(errno.ENOLCK, "No locks"), NotImplementedError()])
def test_without_locks_of_the_file_system_each_makes_its_own(tmp_path, monkeypatch, error):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(FileLock, "acquire", refuse)
    path = tmp_path / "a"
    kept = left_over(path, host="ffff")
    kept.touch()
    with pytest.warns(UserWarning, match="knows no locks"):
        make_once(path, path.is_file, lambda: make(path))
    assert path.is_file()
    # The process may be living, on another node.
    assert kept.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file/\.a\.lock: cannot be written"):
        make_once(tmp_path / "file/a", lambda: False, pytest.fail)
