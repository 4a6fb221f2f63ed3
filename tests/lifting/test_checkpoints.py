import hashlib
import math
import re
from pathlib import Path

import pytest
import safetensors.torch
import torch

from lifting.checkpoints import (
    checkpoint_bytes,
    checkpoint_file,
    file_digest,
    name_not_finite,
    read_checkpoint,
)
from lifting.errors import CheckpointError, DivergenceError, InputError
from lifting.export import to_hub
from lifting.methods import ElePose, PoseFlows, SimpleBaseline, VideoPose3D
from lifting.methods.bases.checkpointed import load_frozen
from lifting.methods.bases.dynamic_weight_average import DynamicWeightAverage
from lifting.models.registry import user_file, write_entry
from tests.made_lifters import save
from tests.made_methods import LIFTERS, made


@pytest.fixture
def saved(tmp_path):
    """A checkpoint as the command line writes it."""
    flows = PoseFlows(hidden=8, blocks=2)
    flows.fit_statistics(500 + 100 * torch.randn(64, 17, 2), None)
    options = {**flows.hparams, "_class_path": "lifting.methods.PoseFlows"}
    checkpoint = {"state_dict": flows.state_dict(), "hyper_parameters": options}
    flows.on_save_checkpoint(checkpoint)
    path = tmp_path / "flows.ckpt"
    torch.save(checkpoint, path)
    return path, flows


def test_a_frozen_stage_is_what_was_trained_and_learns_no_more(saved):
    path, flows = saved
    frozen = load_frozen(path, PoseFlows)
    x = 0.05 * torch.randn(8, 17, 2)
    torch.testing.assert_close(frozen.nll(x)["full"], flows.nll(x)["full"])
    assert not frozen.training
    assert not any(p.requires_grad for p in frozen.parameters())


def test_another_method_is_refused_by_name(saved):
    with pytest.raises(InputError, match="is of a PoseFlows, here a SimpleBaseline"):
        load_frozen(saved[0], SimpleBaseline)


def test_a_state_that_does_not_fit_names_the_file(saved, tmp_path):
    checkpoint = torch.load(saved[0], weights_only=True)
    checkpoint["hyper_parameters"]["hidden"] = 16
    torch.save(checkpoint, tmp_path / "other.ckpt")
    with pytest.raises(InputError, match=r"other\.ckpt.*shape"):
        load_frozen(tmp_path / "other.ckpt", PoseFlows)


def test_digest_is_sha256(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(content)
    assert file_digest(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_a_resume_with_another_earlier_stage_is_refused(saved):
    path, _ = saved
    method = ElePose(full_flow=str(path), width=8)
    method.load_frozen_stages()
    checkpoint = {}
    method.on_save_checkpoint(checkpoint)
    assert checkpoint["frozen"] == {"full_flow": file_digest(path)}
    method.on_load_checkpoint(checkpoint)
    checkpoint["frozen"]["full_flow"] = "0" * 64
    with pytest.raises(InputError, match="another full_flow"):
        method.on_load_checkpoint(checkpoint)


def test_a_lifter_tests_without_its_flows(saved):
    method = ElePose(full_flow=str(saved[0]), width=8)
    method.load_frozen_stages()
    checkpoint = {}
    method.on_save_checkpoint(checkpoint)
    alone = ElePose(full_flow="elsewhere.ckpt", width=8)
    alone.on_load_checkpoint(checkpoint)
    alone.load_state_dict(method.state_dict())


def test_followers_come_back_with_their_state(saved):
    options = {"full_flow": str(saved[0]), "width": 8, "contrast": 1.0}
    method, other = ElePose(**options), ElePose(**options)
    for m in (method, other):
        m.load_frozen_stages()
    with torch.no_grad():
        for parameter in method.prior.followers.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    checkpoint = {}
    method.on_save_checkpoint(checkpoint)
    other.on_load_checkpoint(checkpoint)
    for mine, theirs in zip(
        method.prior.followers.parameters(), other.prior.followers.parameters(), strict=True
    ):
        assert torch.equal(mine, theirs)


def with_number(checkpoint, place, number):
    """Put a number into a checkpoint."""
    state = {0: {"exp_avg": torch.zeros(2), "step": torch.tensor(3.0)}}
    checkpoint["optimizer_states"] = [{"state": state, "param_groups": [{"lr": 1e-3}]}]
    checkpoint["current_model_state"] = {"weight": torch.zeros(2)}
    name = next(
        n for n, t in checkpoint["state_dict"].items() if t.is_floating_point() and t.numel()
    )
    target = {
        name: checkpoint["state_dict"].get(name),
        "current_model_state.weight": checkpoint["current_model_state"]["weight"],
        "optimizer_states.0.state.0.exp_avg": state[0]["exp_avg"],
    }
    place = name if place == "first" else place
    target[place].view(-1)[-1] = number
    return place


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "place", ["first", "current_model_state.weight", "optimizer_states.0.state.0.exp_avg"]
)
def test_what_diverged_is_neither_read_nor_loaded_nor_saved(saved, place, number):
    path, flows = saved
    checkpoint = torch.load(path, weights_only=True)
    place = with_number(checkpoint, place, number)
    torch.save(checkpoint, path)
    expected = f"of a training that diverged: {re.escape(place)} is not finite"
    with pytest.raises(CheckpointError, match=expected):
        read_checkpoint(path)
    with pytest.raises(CheckpointError, match=expected):
        flows.on_load_checkpoint(checkpoint)
    with pytest.raises(DivergenceError, match=f"{re.escape(place)} is not finite"):
        flows.on_save_checkpoint(checkpoint)


def test_what_is_large_has_not_diverged(saved):
    path, flows = saved
    checkpoint = torch.load(path, weights_only=True)
    # Its square is infinite.
    with_number(checkpoint, "first", 1e30)
    checkpoint["callbacks"] = {"best": {"kth_value": torch.tensor(math.inf)}}
    flows.on_save_checkpoint(checkpoint)
    torch.save(checkpoint, path)
    read_checkpoint(path)


@pytest.mark.parametrize("kind", LIFTERS)
def test_everything_in_an_untrained_method_is_finite(kind):
    assert name_not_finite({"state_dict": made(kind).state_dict()}) is None


def test_losses_that_have_not_been_measured_are_no_divergence():
    weights = DynamicWeightAverage(2)
    state = {f"balance.{name}": value for name, value in weights.state_dict().items()}
    assert torch.isnan(state["balance.history"]).all()
    assert name_not_finite({"state_dict": state}) is None


def test_that_of_a_run_is_asked_for_where_the_run_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    best = Path("runs/first/checkpoints/best.ckpt")
    best.parent.mkdir(parents=True)
    best.touch()
    for name in ("first", "runs/first"):
        with pytest.raises(CheckpointError, match=rf"^{name}: .*; did you mean {best}\?$"):
            read_checkpoint(name)
    with pytest.raises(CheckpointError, match=r"^second: .*; check the path, or "):
        read_checkpoint("second")


def test_a_hub_folder_is_read_as_the_checkpoint_it_was_made_of(saved, tmp_path):
    lifter = made("VideoPose3D")
    path = save(lifter, tmp_path / "lifter.ckpt")
    to_hub(path, tmp_path / "hub")
    theirs, own = read_checkpoint(tmp_path / "hub"), read_checkpoint(path)
    assert theirs["lifting"] == own["lifting"]
    assert theirs["hyper_parameters"] == own["hyper_parameters"]
    assert theirs["state_dict"].keys() == own["state_dict"].keys()
    assert isinstance(load_frozen(tmp_path / "hub", VideoPose3D), VideoPose3D)
    weights = (tmp_path / "hub/model.safetensors").read_bytes()
    assert file_digest(tmp_path / "hub") == hashlib.sha256(weights).hexdigest()
    (tmp_path / "hub/config.json").unlink()
    with pytest.raises(CheckpointError, match=r"hub: there is no such checkpoint"):
        read_checkpoint(tmp_path / "hub")


def test_a_trainer_is_given_a_file_of_a_hub_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LIFTING_CACHE", str(tmp_path / "cache"))
    lifter = made("VideoPose3D")
    path = save(lifter, tmp_path / "lifter.ckpt")
    assert checkpoint_file(path) == Path(path)
    to_hub(path, tmp_path / "hub")
    file = checkpoint_file(tmp_path / "hub")
    assert file == checkpoint_file(tmp_path / "hub")
    assert [p.name for p in (tmp_path / "cache/checkpoints").iterdir()] == [file.name]
    content = torch.load(file, weights_only=True)
    assert content.keys() >= {"epoch", "global_step", "pytorch-lightning_version"}
    other = made("VideoPose3D")
    other.on_load_checkpoint(content)
    other.load_state_dict(content["state_dict"])
    assert all(torch.equal(x, other.state_dict()[n]) for n, x in lifter.state_dict().items())
    to_hub(path, tmp_path / "half", half=True)
    assert checkpoint_file(tmp_path / "half") != file


def test_a_model_without_a_checkpoint_is_not_fetched_for_one(monkeypatch):
    monkeypatch.setattr("lifting.models.resolving.fetch", None)
    with pytest.raises(
        CheckpointError, match="blazepose: is a model of kind detector, and a check"
    ):
        read_checkpoint("blazepose")


def test_weights_of_a_hub_folder_that_are_not_finite_are_refused(tmp_path):
    lifter = made("VideoPose3D")
    path = save(lifter, tmp_path / "lifter.ckpt")
    to_hub(path, tmp_path / "hub")
    weights = tmp_path / "hub/model.safetensors"
    state = safetensors.torch.load_file(weights)
    name = next(n for n, tensor in state.items() if tensor.is_floating_point())
    state[name].view(-1)[0] = math.nan
    safetensors.torch.save_file(state, weights)
    with pytest.raises(CheckpointError, match=f"{re.escape(name)} is not finite"):
        read_checkpoint(tmp_path / "hub")


def test_a_stage_is_named_like_any_model_and_noted_by_its_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("LIFTING_MODELS_FILE", str(tmp_path / "models.json"))
    other = save(made("VideoPose3D"), tmp_path / "lifter.ckpt")
    to_hub(other, tmp_path / "hub")
    entry = {"kind": "lifter", "source": f"path:{tmp_path / 'hub'}"}
    write_entry(user_file(), "mine", entry)
    method = made("VideoPose3D", start_from="mine")
    method.start()
    assert method.frozen == {"start_from": file_digest(tmp_path / "hub")}
    theirs = read_checkpoint(other)["state_dict"]
    assert all(torch.equal(x, theirs[name]) for name, x in method.state_dict().items())


@pytest.mark.parametrize("part", [10, 0.01, 0.3, 0.5, 0.9, 0.999, -1])
def test_a_checkpoint_that_was_cut_short_is_named(tmp_path, part):
    path = tmp_path / "last.ckpt"
    content = {"lifting": {}, "state_dict": {str(n): torch.rand(3000) for n in range(20)}}
    whole = checkpoint_bytes(content)
    path.write_bytes(whole)
    assert read_checkpoint(path)["lifting"] == {}
    path.write_bytes(whole[: int(part * len(whole)) if isinstance(part, float) else part])
    with pytest.raises(CheckpointError, match=r"last\.ckpt: truncated or "):
        read_checkpoint(path)


def test_a_tensor_that_has_changed_on_the_disk_is_not_loaded(tmp_path):
    path = tmp_path / "last.ckpt"
    whole = bytearray(checkpoint_bytes({"lifting": {}, "state_dict": {"w": torch.rand(30000)}}))
    whole[60000:60100] = bytes(100)
    path.write_bytes(whole)
    with pytest.raises(CheckpointError, match=r"last\.ckpt: truncated or damaged"):
        read_checkpoint(path)


def test_lists_that_hold_each_other_over_and_over_are_refused(tmp_path):
    tree = [0]
    for _ in range(20):
        tree = [tree] * 10
    torch.save({"lifting": {}, "state_dict": tree}, tmp_path / "a.ckpt")
    with pytest.raises(CheckpointError, match=r"a\.ckpt: holds .* values, nearly all"):
        read_checkpoint(tmp_path / "a.ckpt")
