import pytest

from lifting.errors import InputError
from lifting.models.downloading import UnreachableError, download
from tests.lifting.models.conftest import CONTENT, made_file


@pytest.fixture
def served(server, tmp_path):
    """A file on a server, and what downloads it into a folder."""
    server.files["/made/weights.onnx"] = CONTENT
    file, folder = made_file(), tmp_path / "folder"
    return (
        file,
        folder / file.path,
        lambda: download(f"{server.url}/made/{file.path}", file, folder),
    )


def test_a_file_comes_as_it_is_and_leaves_nothing_else(served, cache):
    _, path, fetch = served
    fetch()
    assert path.read_bytes() == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["weights.onnx"]
    assert not list((cache / ".partial").iterdir())


def test_a_transfer_that_broke_off_goes_on_there(served, server):
    _, path, fetch = served
    server.stop_after = 70_000
    with pytest.raises(
        InputError, match=r"after 65,536 of 204,800 bytes \(the connection was closed"
    ):
        fetch()
    assert not path.exists()
    fetch()
    assert path.read_bytes() == CONTENT
    assert [wanted for _, wanted in server.asked] == [None, "bytes=65536-"]


def test_a_server_without_ranges_sends_the_whole_again(served, server):
    _, path, fetch = served
    server.stop_after, server.ranges = 70_000, False
    with pytest.raises(InputError, match="broke off"):
        fetch()
    fetch()
    assert path.read_bytes() == CONTENT


def test_a_wrong_beginning_is_fetched_again_once(served, server, cache):
    file, path, fetch = served
    partial = cache / ".partial" / file.sha256
    partial.parent.mkdir(parents=True)
    partial.write_bytes(bytes(100_000))
    fetch()
    assert path.read_bytes() == CONTENT
    assert [wanted for _, wanted in server.asked] == ["bytes=100000-", None]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CONTENT[:-1] + b"x", "has the SHA-256 .* and was refused"),
        (CONTENT + b"x", r"has 204,80\d bytes, not 204,800, and was refused"),
    ],
)
def test_another_file_is_refused_and_removed(served, server, cache, content, message):
    _, path, fetch = served
    server.files["/made/weights.onnx"] = content
    with pytest.raises(InputError, match=message):
        fetch()
    assert not path.exists()
    assert not list((cache / ".partial").iterdir())


def test_what_is_not_there_or_not_in_reach_is_told_apart(served, server, tmp_path):
    file, _, _ = served
    with pytest.raises(UnreachableError, match="other has no such file"):
        download(f"{server.url}/other", file, tmp_path / "folder")
    with pytest.raises(UnreachableError, match="there is no connection"):
        download("http://127.0.0.1:9/made", file, tmp_path / "folder")
