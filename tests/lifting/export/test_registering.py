import hashlib
import json

import numpy as np
import pytest
import torch

from lifting.checkpoints import file_digest, read_checkpoint
from lifting.errors import InputError
from lifting.export import from_hub, to_hub
from lifting.export.registering import MOST, register, rows_of, ship
from lifting.inference.prediction import lift
from lifting.methods import ElePose
from lifting.models import registered, registry, resolve
from tests.lifting.made_checkpoints import flow
from tests.made_lifters import save
from tests.made_methods import made


@pytest.fixture(autouse=True)
def own_file(tmp_path, monkeypatch):
    monkeypatch.setenv("LIFTING_MODELS_FILE", str(tmp_path / "own/models.json"))


@pytest.fixture
def hub(tmp_path):
    path = save(made("VideoPose3D"), tmp_path / "a.ckpt")
    to_hub(path, tmp_path / "hub", half=True, notes="## Limits\n\nNone.\n")
    return tmp_path / "hub"


def test_a_checkpoint_tells_what_it_is(tmp_path):
    path = save(made("VideoPose3D"), tmp_path / "a.ckpt")
    entry = register("mine", path, licence="CC0-1.0")
    content = (tmp_path / "a.ckpt").read_bytes()
    assert entry["files"] == [
        {"path": "a.ckpt", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    ]
    model = registered()["mine"]
    assert (model.kind, model.joint_set, model.licence) == ("lifter", "h36m17", "CC0-1.0")
    assert resolve("mine", "lifter") == tmp_path / "a.ckpt"
    save(flow(), tmp_path / "flow.ckpt")
    assert register("flow", str(tmp_path / "flow.ckpt"))["kind"] == "prior"
    path = save(made("HeatmapDetector", network="hrnet_w2"), tmp_path / "detector.ckpt")
    assert register("seen", path)["kind"] == "detector"
    assert registered()["seen"].joint_set == "h36m17"


def test_a_hub_folder_is_named_with_its_card(hub):
    register("mine", str(hub))
    model = registered()["mine"]
    assert [file.path for file in model.files] == ["README.md", "config.json", "model.safetensors"]
    assert "## Limits" in model.read_card()
    assert resolve("mine") == hub


def test_what_does_not_tell_its_kind_is_asked_for_it(tmp_path):
    (tmp_path / "pose.onnx").write_bytes(b"x")
    with pytest.raises(
        InputError, match=r"pose.onnx: does not tell what it is; name it with --kind"
    ):
        register("mine", str(tmp_path / "pose.onnx"))
    register("mine", str(tmp_path / "pose.onnx"), kind="detector", joint_set="coco17")
    assert resolve("mine", "detector") == tmp_path / "pose.onnx"
    with pytest.raises(InputError, match=r"no.md: there is no such file"):
        register("mine", str(tmp_path / "pose.onnx"), kind="detector", card="no.md")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no files"):
        rows_of(tmp_path / "empty")


def test_a_run_is_named_for_whatever_is_its_best(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs/first/checkpoints").mkdir(parents=True)
    save(made("VideoPose3D"), tmp_path / "runs/first/checkpoints/best.ckpt")
    assert "files" not in register("mine", "runs:first")
    save(made("SimpleBaseline"), tmp_path / "runs/first/checkpoints/best.ckpt")
    assert read_checkpoint("mine")["lifting"]["method"] == "SimpleBaseline"


def test_a_name_stands_for_its_checkpoint_when_one_lifts_exports_and_trains(hub, tmp_path):
    register("mine", str(hub))
    random = np.random.default_rng(0).uniform(300, 700, (12, 17, 2))
    own, named = (
        lift(random, checkpoint, skeleton="h36m17", size=(1000, 800)).pose
        for checkpoint in (hub, "mine")
    )
    assert np.array_equal(own, named)
    to_hub("mine", tmp_path / "again")
    assert type(from_hub("mine")) is type(from_hub(tmp_path / "again"))
    path = str(tmp_path / "flow.ckpt")
    save(flow(), path)
    register("flow", path)
    method = ElePose(full_flow="flow", width=8)
    method.load_frozen_stages()
    assert method.frozen == {"full_flow": file_digest(path)}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the registry in the package, to ship into."""
    folder = tmp_path / "package"
    (folder / "shipped").mkdir(parents=True)
    (folder / "registry.json").write_text("{}")
    monkeypatch.setattr("lifting.models.resolving.HERE", folder)
    return folder


def test_a_lifter_that_ships_is_what_was_exported(hub, package):
    entry = ship("walker", hub, "CC0-1.0", "walks", package)
    assert json.loads((package / "registry.json").read_text()) == {"walker": entry}
    assert (entry["source"], entry["kind"], entry["licence"]) == ("package", "lifter", "CC0-1.0")
    model = registry._read(package / "registry.json")["walker"]
    assert "## Limits" in model.read_card()
    assert "\nlicense: cc0-1.0\n" in model.read_card()
    own = read_checkpoint(hub)["state_dict"]
    theirs = read_checkpoint(package / "shipped/walker")["state_dict"]
    assert all(torch.equal(x, theirs[name]) for name, x in own.items())
    with pytest.raises(InputError, match="is there already"):
        ship("walker", hub, "CC0-1.0", "walks", package)


def test_nothing_too_large_or_strange_ships(hub, package):
    (package / "shipped/other").mkdir()
    with (package / "shipped/other/weights").open("wb") as stream:
        stream.truncate(MOST)
    with pytest.raises(InputError, match="all that come with the suite would be 12,0"):
        ship("walker", hub, "CC0-1.0", "walks", package)
    (package / "shipped/other/weights").unlink()
    (hub / "notes.txt").touch()
    with pytest.raises(InputError, match=r"holds something else than README.md"):
        ship("walker", hub, "CC0-1.0", "walks", package)
    assert not (package / "shipped/walker").exists()
    assert json.loads((package / "registry.json").read_text()) == {}
