"""Folders of a model hub: equal when they come back, and safe to read."""

import json
import sys
import types

import pytest
import torch

from lifting.errors import InputError
from lifting.export import from_hub, push_to_hub, to_hub
from lifting.export.hub import extras
from lifting.keypoints.input_range import InputRange
from tests.made_lifters import save, simple_baseline
from tests.made_methods import LIFTERS, made

pytestmark = pytest.mark.slow(reason="writes and reads folders of whole methods", shapes=True)


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


@pytest.mark.parametrize("kind", LIFTERS)
def test_half_precision_keeps_statistics_and_rounds_parameters_alone(kind, tmp_path):
    method = made(kind)
    for buffer in method.buffers():
        if buffer.is_floating_point():
            buffer += 1 / 3
    path = save(method, tmp_path / "a.ckpt")
    to_hub(path, tmp_path / "whole")
    to_hub(path, tmp_path / "half", half=True)
    whole, half = (
        (tmp_path / name / "model.safetensors").stat().st_size for name in ("whole", "half")
    )
    assert half < 0.8 * whole
    again = from_hub(tmp_path / "half").state_dict()
    parameters = dict(method.named_parameters())
    for name, tensor in method.state_dict().items():
        assert again[name].dtype == tensor.dtype
        if name in parameters:
            # The spacing of half precision is 2^-10 of the value, 2^-24 next to zero.
            torch.testing.assert_close(again[name], tensor, rtol=2**-11, atol=2**-25)
        else:
            assert torch.equal(again[name], tensor)
    assert any(not torch.equal(again[name], parameters[name]) for name in parameters)


def test_a_parameter_beyond_half_precision_stays_single(tmp_path):
    method = made("VideoPose3D")
    first = next(method.parameters())
    first.data.view(-1)[0] = 1e5
    to_hub(save(method, tmp_path / "a.ckpt"), tmp_path / "hub", half=True)
    assert torch.equal(next(from_hub(tmp_path / "hub").parameters()), first)


def test_a_lifter_comes_back_with_what_it_needs_beside_its_weights(tmp_path):
    method = simple_baseline()
    method.image_side, method.frame_rate = 1000.25, 29.97
    seen = {"mean": torch.randn(2, 17, 2), "std": torch.rand(2, 17, 2)}
    method.input_range = InputRange.from_dict(seen, 17)
    checkpoint = {"state_dict": method.state_dict(), "hyper_parameters": dict(method.hparams)}
    method.on_save_checkpoint(checkpoint)
    torch.save(checkpoint, tmp_path / "a.ckpt")
    to_hub(tmp_path / "a.ckpt", tmp_path / "hub", half=True)
    for folder in (tmp_path / "hub", tmp_path / "again"):
        again = from_hub(folder)
        assert (again.image_side, again.frame_rate) == (1000.25, 29.97)
        assert again.input_range.to_dict().keys() == seen.keys()
        assert all(torch.equal(x, seen[name]) for name, x in again.input_range.to_dict().items())
        if folder.name == "hub":
            to_hub(folder, tmp_path / "again")


def test_folders_of_earlier_versions_have_the_size_of_images_among_the_facts(tmp_path):
    method = simple_baseline()
    method.image_side = 1000.25
    to_hub(save(method, tmp_path / "a.ckpt"), tmp_path / "hub")
    path = tmp_path / "hub/config.json"
    config = json.loads(path.read_text())
    assert config.pop("extras") == {"image_side": 1000.25, "input_range": None}
    path.write_text(json.dumps(config))
    assert from_hub(tmp_path / "hub").image_side == 1000.25


def test_extras_are_what_the_method_asks_its_checkpoint_for():
    method = made("VideoPose3D")
    method.restore_extras = lambda checkpoint: (checkpoint["own"], checkpoint.get("gone"))
    assert extras(method, {"own": [1.5], "epoch": 3}) == {"own": [1.5]}


def test_notes_stand_in_for_sections_of_the_card_and_add_others(run, tmp_path):
    folder, _ = run
    notes = "# Mine\n\nWalks.\n\n## Training data\n\nCMU.\n\n## Limits\n\nNobody sits.\n"
    to_hub(folder / "checkpoints/best.ckpt", tmp_path / "hub", notes=notes, half=True)
    card = (tmp_path / "hub/README.md").read_text()
    assert "# hub\n\nWalks.\n" in card
    assert "## Training data\n\nCMU.\n" in card
    assert "## Limits\n\nNobody sits.\n" in card
    assert "in half precision" in card
    assert "source cpn" not in card
    assert card.count("## Training data") == card.count("## Results") == 1


def test_a_folder_is_exported_again_as_a_checkpoint_is(run, tmp_path):
    to_hub(run[0] / "checkpoints/best.ckpt", tmp_path / "hub")
    to_hub(tmp_path / "hub", tmp_path / "again", half=True)
    assert type(from_hub(tmp_path / "again")) is type(run[1])


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
        ("config.json", None, "hub: there is no such checkpoint"),
        ("config.json", b"{", "is no JSON"),
        ("config.json", b"[]", "lacks method or options"),
        ("config.json", b'{"method": "load_frozen", "options": {}}', "which this suite has not"),
        (
            "config.json",
            b'{"method": "VideoPose3D", "options": {"a": 1}}',
            "its option a is 1, which VideoPose3D does not take",
        ),
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
