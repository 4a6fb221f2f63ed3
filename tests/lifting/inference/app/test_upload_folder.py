"""The folder of uploads: whose it is, and when it goes."""

import errno
import fcntl
import tempfile

import pytest

from lifting.errors import InputError
from lifting.inference.app.upload_folder import upload_folder


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_folders_that_are_held_stay_and_others_go(place):
    left, others = place / "lifting-app-killed", place / "elsewhere"
    for folder in (left / "job" / "files", others):
        folder.mkdir(parents=True)
        (folder / "walk.json").write_text("{}")
    (place / "lifting-app-link").symlink_to(others)
    (place / "lifting-app-file").write_text("")
    with upload_folder() as first, upload_folder() as second:
        assert first != second
        assert first.is_dir()
        assert not left.exists()
        (first / "walk.json").write_text("{}")
    assert not first.exists()
    # What is no folder is nobody's uploads, and a link leads to what is others'.
    assert (others / "walk.json").exists()
    assert sorted(path.name for path in place.iterdir()) == [
        *("elsewhere", "lifting-app-file", "lifting-app-link")
    ]


def test_without_locks_nothing_is_taken_for_left_over(place, monkeypatch):
    def none(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    (place / "lifting-app-others").mkdir()
    with upload_folder() as own:
        assert own.is_dir()
    assert [path.name for path in place.iterdir()] == ["lifting-app-others"]


def test_without_a_place_a_sentence_says_so(place, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(place / "gone"))
    with pytest.raises(InputError, match="gone: cannot be written"), upload_folder():
        pass

    def full():
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", full)
    with pytest.raises(InputError, match=r"^TMPDIR: no folder"), upload_folder():
        pass
