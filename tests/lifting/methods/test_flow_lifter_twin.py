import numpy as np
import pytest
import torch

from lifting.batch import PoseBatch
from lifting.errors import InputError
from lifting.geometry import centre
from lifting.methods import ElePose, FlowLifterTwin, LInKs
from lifting.skeletons import skeleton
from tests.made_methods import made

BODY = skeleton("h36m17")


@pytest.fixture
def batch() -> PoseBatch:
    pose = 2 * 300 * torch.randn(8, 1, 17, 3) + torch.tensor([0.0, 0.0, 4000.0])
    return {"keypoints": 500 + 100 * torch.randn(8, 1, 17, 2), "camera": None, "pose": pose}


@pytest.mark.parametrize(("split", "kind"), [("full", ElePose), ("left_right", LInKs)])
def test_the_twin_lifts_as_the_unsupervised_one_does(split, kind, batch):
    twin, other = FlowLifterTwin(split=split, width=8, head_blocks=2), None
    other = kind(split=split, width=8, head_blocks=2)
    for method in (twin, other):
        torch.manual_seed(0)
        method.fit_statistics(batch["keypoints"][:, 0], 300 * torch.randn(8, 17, 3))
    other.lifters.load_state_dict(twin.lifters.state_dict())
    seen = batch["keypoints"], None
    torch.testing.assert_close(twin(*seen), other(*seen))


def test_the_loss_is_the_distance_at_one_mean_bone_length(batch):
    twin = made("FlowLifterTwin")

    def sized(pose):
        bones = [np.linalg.norm(pose[c] - pose[p]) for p, c in BODY.bones]
        return pose * twin.mean_bone.item() / np.mean(bones)

    lifted = twin(batch["keypoints"], None)[:, 0].numpy()
    true = centre(batch["pose"], BODY.root)[:, 0].numpy()
    expected = np.mean(
        [np.linalg.norm(a - sized(b), axis=-1).mean() for a, b in zip(lifted, true, strict=True)]
    )
    assert twin.objective(batch)["loss"].item() == pytest.approx(expected, rel=1e-5)
    # The size of people, which nobody sees, costs nothing.
    larger = {**batch, "pose": 1.3 * batch["pose"]}
    assert twin.objective(larger)["loss"].item() == pytest.approx(expected, rel=1e-5)


def test_it_learns_depths_and_needs_poses(batch):
    twin = FlowLifterTwin(width=16, split="leg_torso")
    twin.fit_statistics(batch["keypoints"][:, 0], 300 * torch.randn(8, 17, 3))
    optimizer, losses = torch.optim.Adam(twin.parameters(), 1e-2), []
    for _ in range(30):
        optimizer.zero_grad()
        losses.append(twin.objective(batch)["loss"])
        losses[-1].backward()
        assert all(parameter.grad is not None for parameter in twin.parameters())
        optimizer.step()
    assert losses[-1] < 0.8 * losses[0]
    with pytest.raises(InputError, match="3D poses"):
        twin.fit_statistics(batch["keypoints"][:, 0], None)
