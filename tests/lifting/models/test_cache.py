import multiprocessing
import os
import time

import pytest

from lifting.errors import InputError
from lifting.models import cache as cached
from tests.lifting.models.conftest import CONTENT, made_file, made_model


def test_the_folder_is_that_of_the_variable_or_of_the_system(monkeypatch, tmp_path):
    monkeypatch.setenv("LIFTING_CACHE", str(tmp_path / "here"))
    assert cached.cache_folder() == tmp_path / "here"
    monkeypatch.delenv("LIFTING_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cached.cache_folder() == tmp_path / "xdg" / "lifting"


@pytest.mark.parametrize(
    ("value", "offline"), [("1", True), ("yes", True), ("0", False), ("", False)]
)
def test_the_network_is_forbidden_by_a_variable(monkeypatch, value, offline):
    monkeypatch.setenv("LIFTING_OFFLINE", value)
    assert cached.is_offline() is offline


def test_a_file_counts_with_its_size_and_its_digest(tmp_path):
    file, model = made_file(), made_model("package")
    assert cached.missing(model, tmp_path) == [file]
    (tmp_path / file.path).write_bytes(CONTENT)
    assert cached.missing(model, tmp_path) == []
    (tmp_path / file.path).write_bytes(CONTENT[::-1])
    assert cached.missing(model, tmp_path) == [file]


def test_a_file_is_kept_whole_or_not_at_all(tmp_path):
    file, source, folder = made_file(), tmp_path / "source", tmp_path / "folder"
    source.write_bytes(CONTENT[:-1])
    with pytest.raises(InputError, match=r"^mirror: weights.onnx has 204,799 bytes, not 204,800"):
        cached.keep(source, file, folder, "mirror")
    assert not list(folder.iterdir())
    source.write_bytes(CONTENT)
    cached.keep(source, file, folder, "mirror")
    assert (folder / file.path).read_bytes() == CONTENT


def _hold(folder, began, ended):
    os.environ["LIFTING_CACHE"] = folder
    with cached.alone("made"):
        began.set()
        time.sleep(0.2)
        ended.set()


def test_the_second_process_waits_for_the_first(cache):
    context = multiprocessing.get_context("fork")
    began, ended = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(str(cache), began, ended))
    process.start()
    assert began.wait(10)
    with cached.alone("made"):
        assert ended.is_set()
    process.join(10)
    assert process.exitcode == 0


def test_a_cache_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LIFTING_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match="is a file, not a folder"), cached.alone("made"):
        pass
