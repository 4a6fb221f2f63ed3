"""Commands on the folder of a run: one at a time, and none leaves a start that failed."""

import errno
import os
import re
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from lifting.cli.run.lock import at_work
from lifting.errors import InputError
from lifting.runs.lock import LOCK, locked


def trainer(first: bool = True, step: int = 0) -> SimpleNamespace:
    strategy = SimpleNamespace(checkpoint_io=None)
    return SimpleNamespace(strategy=strategy, is_global_zero=first, global_step=step, loggers=[])


def refuse() -> None:
    raise InputError("holds a run that has begun", "runs/a")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def test_the_process_that_writes_holds_the_lock_and_no_other(tmp_path):
    folder = tmp_path / "a"
    with at_work(trainer(), folder, "fit", lambda: None):
        assert names(folder) == {LOCK}
        with (
            pytest.raises(InputError, match=r"fit .* is at work in it"),
            at_work(trainer(), folder, "test", lambda: None),
        ):
            pass
        with at_work(trainer(first=False), folder, "fit", refuse):
            pass


def test_what_happened_before_it_was_locked_is_seen(tmp_path):
    with (
        pytest.raises(InputError, match="has begun"),
        at_work(trainer(), tmp_path / "a", "fit", refuse),
    ):
        pytest.fail("it goes on")
    assert not (tmp_path / "a").exists()


def fail(folder: Path, step: int, *made: str) -> None:
    def work() -> None:
        with at_work(trainer(step=step), folder, "fit", lambda: None):
            for name in made:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()


def test_a_start_that_fails_leaves_what_was_there(tmp_path):
    fail(tmp_path / "runs/a", 0, "config.yaml", "logs/version_0/metrics.csv")
    assert not (tmp_path / "runs").exists()
    (tmp_path / "b").mkdir()
    (tmp_path / "b/stage.json").touch()
    fail(tmp_path / "b", 0, "config.yaml", "wandb/run/file")
    assert names(tmp_path / "b") == {"stage.json"}


def test_what_was_trained_stays(tmp_path):
    fail(tmp_path / "steps", 3, "config.yaml")
    assert names(tmp_path / "steps") == {"config.yaml"}
    fail(tmp_path / "saved", 0, "config.yaml", "checkpoints/last.ckpt")
    assert names(tmp_path / "saved") == {"config.yaml", "checkpoints"}


def raise_in(folder: Path, error: BaseException, step: int = 1) -> None:
    with at_work(trainer(step=step), folder, "fit", lambda: None):
        (folder / "config.yaml").touch()
        raise error


def test_what_the_system_says_of_a_file_of_the_run_is_one_sentence(tmp_path):
    for number in (errno.ENOENT, errno.EISDIR, errno.EACCES, errno.EROFS, errno.EIO):
        path = tmp_path / "a/logs/metrics.csv"
        error = OSError(number, os.strerror(number), str(path))
        words = re.escape(f"{path}: cannot be written ({os.strerror(number)})")
        with pytest.raises(InputError, match=words):
            raise_in(tmp_path / "a", error)
        elsewhere = OSError(number, os.strerror(number), str(tmp_path / "b"))
        with pytest.raises(OSError, match="/b") as raised:
            raise_in(tmp_path / "a", elsewhere)
        assert raised.value is elsewhere


def test_a_file_of_the_run_is_known_by_its_absolute_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    error = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "a/logs"))
    with pytest.raises(InputError, match="a/logs: cannot be written"):
        raise_in(Path("a"), error)


def test_full_disk_without_a_name_is_that_of_the_folder_or_of_temporary_files(
    tmp_path, monkeypatch
):
    free = {"a": 0, tempfile.gettempdir(): 1}
    usage = lambda path: SimpleNamespace(free=free[path if str(path) in free else "a"])  # noqa: E731
    monkeypatch.setattr("lifting.cli.run.lock.shutil.disk_usage", lambda p: usage(str(p)))
    for full in (str(tmp_path / "a"), tempfile.gettempdir()):
        with pytest.raises(OSError, match="No space") as raised:
            raise_in(tmp_path / "a", OSError(errno.ENOSPC, "No space left on device"))
        assert raised.value.filename == full
        free["a"] = 2


@pytest.mark.parametrize("error", [InputError("cannot be written"), FileNotFoundError(2, "x", "y")])
def test_a_folder_that_was_removed_meanwhile_is_the_cause(tmp_path, error):
    folder = tmp_path / "a"

    def remove() -> None:
        with at_work(trainer(step=1), folder, "fit", lambda: None):
            shutil.rmtree(folder)
            raise error

    with pytest.raises(InputError, match=re.escape(f"{folder}: was removed or renamed while")):
        remove()
    assert not folder.exists()


def test_damaged_records_are_set_aside_once_the_folder_is_locked(tmp_path, capsys):
    (tmp_path / "config.yaml").write_text("a: [")
    with at_work(trainer(), tmp_path, "fit", lambda: None):
        assert names(tmp_path) == {LOCK, "config.yaml.damaged"}
    assert (
        f"{tmp_path}/config.yaml is damaged, and now config.yaml.damaged."
        in capsys.readouterr().err
    )
    fail(tmp_path, 0, "config.yaml")
    assert names(tmp_path) == {"config.yaml.damaged"}


def test_a_lock_that_was_left_is_no_run(tmp_path):
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / LOCK).write_text("{")
    with locked(folder, "fit"):
        pass
    assert not folder.exists()
