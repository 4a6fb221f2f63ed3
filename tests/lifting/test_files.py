"""Files that are written whole or not at all, whoever else is writing there."""

import errno
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lifting import files
from lifting.errors import InputError, explain
from lifting.files import beside, folder_beside, name_of, on_disk
from lifting.runs.lock import locked
from tests.left_over import DEAD, left_over

NOBODY = 65534


@pytest.fixture
def without_rights():
    """A folder that somebody may read alone who is not root, which the test is while it lasts."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    yield folder
    if is_root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(path: Path, text: str = "new", **options: bool) -> None:
    with beside(path, **options) as partial:
        partial.write_text(text)


def test_nothing_is_seen_of_a_file_until_it_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    write(path, "old")
    with beside(path) as partial:
        partial.write_text("half of")
        assert path.read_text() == "old"
        assert partial.parent == tmp_path
    assert path.read_text() == "half of"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError(errno.EIO, "broken")])
def test_what_fails_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "a.txt"
    write(path, "old")

    def fail() -> None:
        with beside(path) as partial:
            partial.write_text("half of")
            raise error

    with pytest.raises((KeyboardInterrupt, ValueError, InputError)):
        fail()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "a.txt"
    with beside(path) as first:
        first.write_text("first")
        with beside(path) as second:
            assert first != second
            second.write_text("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"


def test_what_a_killed_process_was_writing_of_it_is_removed(tmp_path):
    path = tmp_path / "[a].txt"
    kept = [left_over(path, 1), left_over(path, DEAD, host="ffff"), left_over(tmp_path / "b")]
    gone = [left_over(path), left_over(path, os.getpid())]
    for left in (*kept, *gone):
        left.touch()
    write(path)
    assert set(tmp_path.iterdir()) == {path, *kept}


def test_machines_of_one_name_and_containers_on_one_machine_are_told_apart(monkeypatch):
    marks = [files._machine()]
    monkeypatch.setattr("os.readlink", lambda _: "pid:[1]")
    marks.append(files._machine())
    monkeypatch.setattr("pathlib.Path.glob", lambda *_: [Path("eth0/device")])
    monkeypatch.setattr("pathlib.Path.read_text", lambda *_, **__: "02:00:00:00:00:01")
    marks.append(files._machine())
    monkeypatch.setattr("socket.gethostname", lambda: "another")
    marks.append(files._machine())
    assert len(set(marks)) == 4
    assert files._machine() == marks[-1]


def test_the_longest_name_can_be_written(tmp_path):
    path = tmp_path / ("ä" * 127)
    write(path)
    assert path.read_text() == "new"


def test_full_disk_is_said_of_the_file_that_was_being_written(tmp_path):
    path = tmp_path / "a.txt"

    def fill() -> None:
        with beside(path) as partial:
            partial.touch()
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left") as error:
        fill()
    sentence = explain(error.value)
    assert (
        sentence
        == f"The disk is full while writing {path}: free some space and run the same command again."
    )


def test_a_place_that_cannot_be_written_is_named_with_the_cause(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("gone")
    cases = {
        tmp_path / "nowhere/a": "nowhere/a: cannot be written (No such file or directory)",
        tmp_path / "file/a": f"file/a: cannot be written ({tmp_path}/file is a file, not a folder)",
        tmp_path / "link/a": f"({tmp_path}/link is a link to gone, which is not there)",
        tmp_path / ("x" * 256): "cannot be written (File name too long)",
    }
    for path, text in cases.items():
        with pytest.raises(InputError, match=re.escape(text)):
            write(path)
    assert names(tmp_path) == ["file", "link"]


def test_what_cannot_be_read_while_writing_is_not_said_to_be_unwritable(tmp_path):
    def copy(source: Path) -> None:
        with beside(tmp_path / "a.txt") as partial:
            partial.write_bytes(source.read_bytes())

    with pytest.raises(FileNotFoundError):
        copy(tmp_path / "b.txt")


def test_a_folder_is_written_whole(tmp_path):
    with folder_beside(tmp_path / "new/folder") as partial:
        (partial / "a").touch()
        assert not (tmp_path / "new/folder").exists()
    assert names(tmp_path / "new") == ["folder"]
    assert names(tmp_path / "new/folder") == ["a"]
    (tmp_path / "file").touch()
    with (
        pytest.raises(InputError, match="file is a file, not a folder"),
        folder_beside(tmp_path / "file/a"),
    ):
        pass


def test_a_missing_right_is_said_to_who_is_not_root(without_rights):
    remedy = "choose another place, or get the right to write there."
    for path, work in (
        (without_rights / "a", write),
        (without_rights / "runs/a", lambda path: locked(path, "fit").__enter__()),
        (without_rights, lambda path: locked(path, "fit").__enter__()),
    ):
        words = f"{path}: cannot be written (Permission denied); {remedy}"
        with pytest.raises(InputError, match=re.escape(words)):
            work(path)
    assert names(without_rights) == []


LOCALE = """
import os, sys
from pathlib import Path
from lifting.files import beside, name_of, on_disk
path = Path(on_disk("J\\xfcrgen.trc"))
with beside(path) as partial:
    partial.write_bytes(b"1")
assert name_of(path) == "J\\xfcrgen.trc"
assert os.listdir(b".") == ["J\\xfcrgen.trc".encode()]
"""


@pytest.mark.unforked
def test_names_are_utf_8_on_the_disk_whatever_the_locale(tmp_path):
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment = os.environ | locale | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", LOCALE]
    assert subprocess.run(command, cwd=tmp_path, env=environment, check=False).returncode == 0
    assert on_disk("J\xfcrgen.trc") == "J\xfcrgen.trc"
    assert name_of(Path(os.fsdecode(b"w\xe4lk.npz"))) == "w\ufffdlk.npz"
