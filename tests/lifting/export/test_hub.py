"""Folders of a model hub: equal when they come back, and safe to read."""

import json
import sys
import types

import pytest
import torch

from lifting.errors import InputError
from lifting.export import from_hub, push_to_hub, to_hub
from tests.made_lifters import save
from tests.made_methods import made

pytestmark = pytest.mark.slow(reason="writes and reads folders of whole methods", shapes=True)

pytest.importorskip("safetensors", reason="hub folders need safetensors, of the export extra")


@pytest.fixture
def run(tmp_path):
    """The folder of a run with a checkpoint, a configuration and the table of its test."""
    folder = tmp_path / "runs/first"
    (folder / "checkpoints").mkdir(parents=True)
    method = made("VideoPose3D")
    save(method, folder / "checkpoints/best.ckpt")
    data = {"class_path": "datamodules.H36M", "init_args": {"source": "cpn", "store": "/home/me/x"}}
    (folder / "config.yaml").write_text(json.dumps({"data": data}))
    table = "action,frames,mpjpe\nEating,12,50\naction average,12,51.25\nframe average,12,52.75\n"
    (folder / "test.csv").write_text(table)
    return folder, method


def test_a_folder_comes_back_as_the_method_it_was(run, tmp_path):
    folder, method = run
    to_hub(folder / "checkpoints/best.ckpt", tmp_path / "hub")
    again = from_hub(tmp_path / "hub")
    assert type(again) is type(method)
    assert dict(again.hparams) == dict(method.hparams)
    theirs = again.state_dict()
    assert all(torch.equal(x, theirs[name]) for name, x in method.state_dict().items())
    assert not again.training
    assert sorted(p.name for p in (tmp_path / "hub").iterdir()) == [
        *("README.md", "config.json", "model.safetensors")
    ]


def test_the_card_has_paper_data_numbers_and_condition(run, tmp_path):
    folder, _ = run
    to_hub(folder / "checkpoints/best.ckpt", tmp_path / "hub", "academic research only")
    card = (tmp_path / "hub/README.md").read_text()
    for part in (
        "https://arxiv.org/abs/1811.11742",
        "@inproceedings{pavllo2019videopose3d",
        "`H36M`: source cpn.",
        "| action average | 12 | 51.2 |",
        "| frame average | 12 | 52.8 |",
        "academic research only",
    ):
        assert part in card
    assert "Eating" not in card
    assert "/home/me" not in card


def test_numbers_are_those_of_the_checkpoint_that_was_tested(run, tmp_path):
    folder, method = run
    save(method, folder / "checkpoints/last.ckpt")
    to_hub(folder / "checkpoints/last.ckpt", tmp_path / "hub")
    assert "Not measured." in (tmp_path / "hub/README.md").read_text()


def test_paths_stay_at_home(tmp_path):
    lifters = {"sb": "/home/me/secret/sb.ckpt"}
    method = made("GuidedDetector", network="hrnet_w2", lifters=lifters)
    to_hub(save(method, tmp_path / "a.ckpt"), tmp_path / "hub")
    assert "secret" not in (tmp_path / "hub/config.json").read_text()
    assert from_hub(tmp_path / "hub").hparams["lifters"] == {"sb": "sb.ckpt"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", None, "there is no such file"),
        ("config.json", b"{", "is no JSON"),
        ("config.json", b"[]", "lacks method or options"),
        ("config.json", b'{"method": "load_frozen", "options": {}}', "which this suite has not"),
        ("config.json", b'{"method": "VideoPose3D", "options": {"a": 1}}', "does not fit together"),
        ("config.json", b'{"method": "VideoPose3D", "options": {}}', "another shape"),
        ("model.safetensors", None, "cannot be read"),
        ("model.safetensors", b"x" * 99, "no safetensors"),
    ],
)
def test_damaged_folders_are_refused_in_one_sentence(run, tmp_path, name, content, message):
    to_hub(run[0] / "checkpoints/best.ckpt", tmp_path / "hub")
    if content is None:
        (tmp_path / "hub" / name).unlink()
    else:
        (tmp_path / "hub" / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        from_hub(tmp_path / "hub")


def test_a_folder_is_uploaded_into_a_private_repository(tmp_path, monkeypatch):
    calls = []
    stand_in = types.ModuleType("huggingface_hub")
    stand_in.create_repo = lambda name, private, exist_ok: calls.append((name, private, exist_ok))
    stand_in.upload_folder = lambda repo_id, folder_path: f"{repo_id} {folder_path}"
    monkeypatch.setitem(sys.modules, "huggingface_hub", stand_in)
    assert push_to_hub(tmp_path, "me/first") == f"me/first {tmp_path}"
    assert calls == [("me/first", True, True)]

    def refuse(**_: object):
        raise OSError("401 Unauthorized\nfor url")

    monkeypatch.setattr(stand_in, "upload_folder", refuse)
    with pytest.raises(InputError, match=r"was not uploaded \(401 Unauthorized\); log in"):
        push_to_hub(tmp_path, "me/first")


def test_without_the_library_nothing_is_uploaded(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(InputError, match="huggingface_hub, which is not installed: pip install"):
        push_to_hub(tmp_path, "me/first")
