import json

import pytest
import torch
from safetensors.torch import save_file

from lifting.errors import CheckpointError
from lifting.models.hub_folders import is_hub_folder, read_hub_folder

OPTIONS = {"skeleton": "h36m17", "keypoint_skeleton": "coco17", "width": 8}


@pytest.fixture
def folder(tmp_path):
    """A folder with a weight of half precision, and statistics of single and of none."""
    state = {
        "weight": torch.tensor([1 / 3, 2.0]).half(),
        "mean": torch.tensor([1 / 3], dtype=torch.float32),
        "count": torch.tensor(7),
    }
    save_file(state, tmp_path / "model.safetensors")
    config = {"method": "Mine", "options": OPTIONS, "extras": {"frame_rate": 29.97}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


def test_a_folder_is_what_a_checkpoint_holds_in_single_precision(folder):
    content = read_hub_folder(folder)
    assert is_hub_folder(folder)
    assert content["lifting"] == {
        "method": "Mine",
        "skeleton": "h36m17",
        "keypoint_skeleton": "coco17",
    }
    assert content["hyper_parameters"] == OPTIONS
    assert content["frame_rate"] == 29.97
    state = content["state_dict"]
    assert {name: x.dtype for name, x in state.items()} == {
        "weight": torch.float32,
        "mean": torch.float32,
        "count": torch.int64,
    }
    # 1/3 in half precision, whose numbers there are 2^-12 apart.
    assert state["weight"].tolist() == [1365 / 2**12, 2.0]
    assert state["mean"].item() == torch.tensor(1 / 3).item()


def test_extras_stand_in_for_nothing_of_a_checkpoint(folder):
    config = json.loads((folder / "config.json").read_text())
    config["extras"] = {"state_dict": {}, "lifting": {}}
    (folder / "config.json").write_text(json.dumps(config))
    content = read_hub_folder(folder)
    assert content["lifting"]["method"] == "Mine"
    assert len(content["state_dict"]) == 3


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", b"{", "is no JSON"),
        ("config.json", b"[" * 100_000, "is no JSON"),
        ("config.json", b'{"method": 1, "options": {}}', "lacks method or options"),
        ("model.safetensors", b"x" * 99, "truncated or no safetensors"),
        ("model.safetensors", None, "cannot be read"),
        ("config.json", None, "cannot be read"),
    ],
)
def test_what_is_damaged_is_named(folder, name, content, message):
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=f"{name}: {message}"):
        read_hub_folder(folder)
