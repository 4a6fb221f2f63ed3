"""Checkpoints of earlier versions, whose critics saw the published bones turned round."""

import pytest
import torch

from lifting.checkpoints import checkpoint_bytes, read_checkpoint
from lifting.export.hub import extras
from lifting.geometry import centre
from lifting.methods import RepNet
from lifting.methods.bases.checkpointed import load_frozen
from lifting.nets.critic import PoseCritic
from lifting.skeletons import skeleton

BODY = skeleton("h36m17")
LAYER = "critics.pose.over_bones.0.weight"


def repnet(legacy=True):
    return RepNet(width=8, critic_width=8, legacy_bones=legacy)


def before(critic, pose):
    """What an earlier version made of a critic: the first thirteen bones from end to begin."""
    bones = critic.chains.bones.clone()
    bones[:13] *= -1
    old = PoseCritic(BODY, width=8, legacy=True)
    old.load_state_dict(critic.state_dict())
    old.chains.bones.copy_(bones)
    return old(pose)


@pytest.fixture
def saved():
    """A method, its checkpoint as an earlier version wrote it, and the scores that it gave then."""
    method, pose = repnet(), centre(torch.randn(6, 17, 3), BODY.root)
    checkpoint = {
        "state_dict": method.state_dict(),
        "hyper_parameters": dict(method.hparams),
        "optimizer_states": [{"state": {}}, {"state": {}}],
    }
    method.on_save_checkpoint(checkpoint)
    del checkpoint["bone_signs"]
    return method, checkpoint, pose, before(method.critics["pose"], pose)


def test_the_critic_of_an_earlier_checkpoint_gives_the_scores_it_gave(saved, tmp_path):
    method, checkpoint, pose, scores = saved
    assert not torch.allclose(method.critics["pose"](pose), scores, atol=1e-3)
    (tmp_path / "old.ckpt").write_bytes(checkpoint_bytes(checkpoint))
    found = load_frozen(tmp_path / "old.ckpt", RepNet)
    torch.testing.assert_close(found.critics["pose"](pose), scores)
    # On the way that Lightning goes.
    resumed = repnet()
    resumed.on_load_checkpoint(checkpoint)
    resumed.load_state_dict(checkpoint["state_dict"])
    torch.testing.assert_close(resumed.critics["pose"](pose), scores)


def test_a_step_of_adam_goes_on_as_it_would_have(saved):
    method, checkpoint, _, _ = saved
    names = [name for name, _ in method.critics.named_parameters()]
    place = names.index(LAYER.removeprefix("critics."))
    layer = dict(method.critics.named_parameters())[names[place]]
    mean = torch.randn_like(layer)
    checkpoint["optimizer_states"][1]["state"][place] = {
        "exp_avg": mean.clone(),
        "exp_avg_sq": torch.ones_like(layer),
    }
    checkpoint["current_model_state"] = dict(checkpoint["state_dict"])
    method.upgrade(checkpoint)
    moments = checkpoint["optimizer_states"][1]["state"][place]
    # Weights and their mean gradients turn alike, so that a step commutes with turning.
    turned = checkpoint["state_dict"][LAYER] / layer
    torch.testing.assert_close(moments["exp_avg"], mean * turned)
    assert (turned < 0).sum() == 52 * len(layer)
    assert torch.equal(moments["exp_avg_sq"], torch.ones_like(layer))
    assert torch.equal(checkpoint["current_model_state"][LAYER], checkpoint["state_dict"][LAYER])


def test_a_checkpoint_of_this_version_and_one_of_all_bones_stay_as_they_are(saved, tmp_path):
    method, checkpoint, _, _ = saved
    method.on_save_checkpoint(checkpoint)
    kept = checkpoint["state_dict"][LAYER].clone()
    method.upgrade(checkpoint)
    assert torch.equal(checkpoint["state_dict"][LAYER], kept)
    # A hub folder keeps what tells them apart.
    assert extras(method, checkpoint)["bone_signs"] == "published"
    whole = repnet(legacy=False)
    content = {"state_dict": whole.state_dict(), "hyper_parameters": dict(whole.hparams)}
    whole.on_save_checkpoint(content)
    assert "bone_signs" not in content
    (tmp_path / "whole.ckpt").write_bytes(checkpoint_bytes(content))
    assert torch.equal(
        load_frozen(tmp_path / "whole.ckpt", RepNet).state_dict()[LAYER], whole.state_dict()[LAYER]
    )
    assert "bone_signs" not in read_checkpoint(tmp_path / "whole.ckpt")
