"""Keypoints that are typical of a flow: its own draws, whatever their size, and not others."""

import numpy as np
import pytest
import torch
from scipy import stats

from lifting.errors import InputError
from lifting.inference.typical_keypoints import typical_keypoints
from lifting.methods import PoseFlows
from lifting.skeletons import skeleton

JOINTS = skeleton("h36m17")


@pytest.fixture(scope="module")
def flow():
    torch.manual_seed(0)
    flow = PoseFlows(hidden=8, blocks=2)
    flow.fit_statistics(500 + 100 * torch.randn(400, 17, 2), None)
    return flow.eval()


def drawn(flow, latent):
    """Pixels of poses with these latent vectors."""
    with torch.inference_mode():
        poses = flow.flow("full").from_latent(latent).unflatten(1, (17, 2))
    return (poses * 10 * flow.head_scale.scale + 500).double().numpy()


def longer(flow, seed):
    """Draws half of whose joints are 1.7 times as far from the root, so that some are not typical."""
    draws = torch.randn(1000, flow.dims("full"), generator=torch.Generator().manual_seed(seed))
    keypoints = drawn(flow, draws)
    keypoints[:, 1:9] = keypoints[:, :1] + 1.7 * (keypoints[:, 1:9] - keypoints[:, :1])
    return keypoints


def test_999_of_1000_draws_are_typical_and_longer_latent_vectors_are_not(flow):
    dims = flow.dims("full")
    draws = torch.randn(4000, dims, generator=torch.Generator().manual_seed(1))
    found = typical_keypoints(drawn(flow, draws), JOINTS, flow)
    assert found.mean().item() == pytest.approx(0.999, abs=0.003)
    keypoints = longer(flow, 2)
    centred = keypoints - keypoints[:, :1]
    size = np.linalg.norm(centred[:, JOINTS.index("head")], axis=-1).mean()
    with torch.inference_mode():
        vectors = torch.from_numpy(centred / (10 * size)).float().flatten(1)
        squared = flow.flow("full").to_latent(vectors).double().square().sum(-1).numpy()
    # Of 32 coordinates: 62.487 (a table of chi-squared).
    assert dims == 32
    reference = stats.chi2.sf(squared, dims) >= 0.001
    assert (reference == (squared <= 62.487)).all()
    assert 0.1 < reference.mean() < 0.9
    found = typical_keypoints(keypoints, JOINTS, flow).numpy()
    assert (found != reference).mean() < 0.001


def test_the_size_of_a_person_and_the_place_do_not_matter_and_what_is_not_seen_is_not_judged(flow):
    keypoints = longer(flow, 3)
    found = typical_keypoints(keypoints, JOINTS, flow)
    assert 0 < found.mean() < 1
    assert torch.equal(typical_keypoints(4 * keypoints + 64, JOINTS, flow), found)
    keypoints[7, 5] = np.nan
    assert typical_keypoints(keypoints, JOINTS, flow).isnan().nonzero().tolist() == [[7]]
    assert typical_keypoints(keypoints * np.nan, JOINTS, flow).isnan().all()


def test_a_flow_of_another_view_is_refused(flow):
    with pytest.raises(InputError, match="view of the person"):
        typical_keypoints(
            np.zeros((1, 17, 2)), JOINTS, PoseFlows(hidden=8, blocks=1, view="person")
        )
