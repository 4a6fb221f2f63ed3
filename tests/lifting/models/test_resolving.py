import threading
from pathlib import Path

import pytest
import torch

from lifting.checkpoints import read_checkpoint
from lifting.errors import CheckpointError, InputError
from lifting.models import is_named, resolve, resolving
from lifting.models.registry import HERE, registered, user_file, write_entry
from tests.lifting.models.conftest import CONTENT, made_file

ROW = {key: value for key, value in vars(made_file()).items() if key != "at"}


def enter(source, name="made", kind="detector", files=(ROW,)):
    write_entry(user_file(), name, {"kind": kind, "source": source, "files": list(files)})


def test_a_path_stays_as_it_is(tmp_path):
    path = tmp_path / "blazepose"
    path.touch()
    assert resolve(path) == resolve(str(path), "lifter") == path
    assert not is_named(path)


def test_a_name_is_fetched_once_and_found_from_then_on(server, cache):
    # A server on this machine, in the place of one with a certificate.
    server.files["/weights.onnx"] = CONTENT
    enter("https://127.0.0.1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolving, "fetch", _to(server))
        path = resolve("made", "detector")
    assert path == cache / "made" / "weights.onnx"
    assert path.read_bytes() == CONTENT
    assert resolve("made") == path
    assert len(server.asked) == 1
    assert is_named("made")


def _to(server):
    from lifting.models.downloading import download

    def fetch(model, files, folder):
        for file in files:
            download(f"{server.url}/{file.path}", file, folder)

    return fetch


def test_several_files_are_a_folder(monkeypatch, cache):
    monkeypatch.setenv("LIFTING_MIRROR", str(cache.parent / "mirror"))
    folder = cache.parent / "mirror/made"
    folder.mkdir(parents=True)
    for name in ("a.onnx", "b.onnx"):
        (folder / name).write_bytes(CONTENT)
    enter("https://a.org", files=[ROW | {"path": "a.onnx"}, ROW | {"path": "b.onnx"}])
    assert resolve("made") == cache / "made"
    assert sorted(p.name for p in (cache / "made").iterdir()) == ["a.onnx", "b.onnx"]


def test_a_file_that_has_changed_in_the_cache_is_fetched_again(server, cache, monkeypatch):
    server.files["/weights.onnx"] = CONTENT
    monkeypatch.setattr(resolving, "fetch", _to(server))
    enter("https://127.0.0.1")
    (cache / "made").mkdir(parents=True)
    (cache / "made/weights.onnx").write_bytes(CONTENT[::-1])
    assert resolve("made").read_bytes() == CONTENT


def test_two_at_once_fetch_once(server, monkeypatch):
    server.files["/weights.onnx"] = CONTENT
    monkeypatch.setattr(resolving, "fetch", _to(server))
    enter("https://127.0.0.1")
    found = []
    threads = [threading.Thread(target=lambda: found.append(resolve("made"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 4
    assert len(server.asked) == 1


def test_an_interruption_leaves_nothing_half_and_the_lock_free(cache, monkeypatch, server):
    def interrupted(model, files, folder):
        raise KeyboardInterrupt

    enter("https://127.0.0.1")
    monkeypatch.setattr(resolving, "fetch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        resolve("made")
    assert not (cache / "made").exists()
    server.files["/weights.onnx"] = CONTENT
    monkeypatch.setattr(resolving, "fetch", _to(server))
    assert resolve("made").is_file()


def test_a_model_is_here_with_all_its_files_in_their_sizes(cache, tmp_path):
    path = tmp_path / "weights.onnx"
    enter("https://a.org", "fetched")
    # A file of one's own lies beside others, and is listed under its own name.
    enter(f"path:{path}", "mine")
    models = registered()
    assert not any(resolving.is_here(models[name]) for name in ("fetched", "mine"))
    (cache / "fetched").mkdir(parents=True)
    for place in (path, cache / "fetched/weights.onnx"):
        place.write_bytes(CONTENT[::-1])
    assert all(resolving.is_here(models[name]) for name in ("fetched", "mine"))
    path.write_bytes(CONTENT[1:])
    assert not resolving.is_here(models["mine"])


def test_a_model_of_another_kind_is_refused():
    with pytest.raises(
        InputError, match="blazepose: is a model of kind detector, and one of kind l"
    ):
        resolve("blazepose", "lifter")


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("blazepoes", "detector", "blazepoes: there is no such detector; did you mean blazepose?"),
        (
            "xyzzy",
            None,
            "xyzzy: there is no such checkpoint; check the path, or name one that `lif",
        ),
        ("hf:me", None, "hf:me: names no repository; give hf:owner/name"),
        ("hf:../x/y", None, "hf:../x/y: names no repository"),
        (
            "runs:no",
            None,
            "runs/no/checkpoints/best.ckpt: there is no such checkpoint; check the n",
        ),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(name, kind, sentence):
    with pytest.raises(InputError) as caught:
        resolve(name, kind)
    assert str(caught.value).startswith(sentence)


def test_that_of_a_run_is_asked_for_where_the_run_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    best = Path("runs/first/checkpoints/best.ckpt")
    best.parent.mkdir(parents=True)
    best.touch()
    for name in ("first", Path("first")):
        with pytest.raises(CheckpointError, match=r"did you mean .*first/checkpoints/best.ckpt\?$"):
            resolve(name)
    assert resolve("runs:first") == best
    enter("runs:first", files=())
    assert resolve("made") == best


def test_a_folder_that_hides_a_model_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    enter("runs:first", name="mine", kind="lifter", files=())
    Path("mine").mkdir()
    with pytest.raises(CheckpointError, match=r"^mine: is a folder here .*; rename the folder"):
        read_checkpoint("mine")


def test_files_of_one_s_own_are_used_where_they_lie_until_they_change(tmp_path):
    path = tmp_path / "weights.onnx"
    path.write_bytes(CONTENT)
    enter(f"path:{path}")
    assert resolve("made") == path
    path.write_bytes(CONTENT[::-1])
    with pytest.raises(InputError, match=r"made: .*is not the file that was registered; add it ag"):
        resolve("made")
    path.unlink()
    with pytest.raises(InputError, match=r"made: .*weights.onnx is not there any more; add it ag"):
        resolve("made")


SHIPPED = [model for model in registered().values() if model.source == "package"]


@pytest.mark.parametrize("model", SHIPPED, ids=lambda model: model.name)
def test_what_ships_is_what_the_registry_says_and_runs_nothing(model, monkeypatch):
    """Every file is there with its SHA-256, none besides, and nothing is unpickled to load it."""
    folder = resolving.local(model)
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files == {file.path for file in model.files}
    assert files == {"README.md", "config.json", "model.safetensors"}
    monkeypatch.setattr(torch, "load", None)
    content = read_checkpoint(model.name)
    assert content["lifting"]["keypoint_skeleton"] in model.joint_set
    assert (folder / "model.safetensors").stat().st_size < 2.5 * sum(
        x.numel() for x in content["state_dict"].values()
    )


@pytest.mark.parametrize("model", SHIPPED, ids=lambda model: model.name)
def test_the_card_of_what_ships_says_how_it_came_about(model):
    card = model.read_card()
    for heading in ("Recipe", "Training data", "Results", "Limits", "Licence"):
        assert f"\n## {heading}\n" in card
    for word in ("experiments/", "commit", "seed"):
        assert word in card


def test_every_folder_that_ships_is_registered():
    folders = {path.name for path in (HERE / "shipped").iterdir() if path.is_dir()}
    assert folders == {model.name for model in SHIPPED}


def test_a_repository_is_registered_without_its_files(monkeypatch, tmp_path):
    monkeypatch.setattr(resolving, "hub_folder", lambda source: tmp_path / source)
    enter("hf:me/walk@v1", kind="lifter", files=())
    assert resolve("made") == resolve("hf:me/walk@v1") == tmp_path / "hf:me/walk@v1"
