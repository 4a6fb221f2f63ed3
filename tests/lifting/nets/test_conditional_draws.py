"""Draws of hidden keypoints, against the conditional of a Gaussian, which has a closed form."""

import pytest
import torch

from lifting.nets.conditional_draws import conditional_draws, nearest_poses

HIDDEN = torch.tensor([1, 3])
# Coordinates of the hidden and of the other keypoints in a pose of four.
OWN, OTHERS = [2, 3, 6, 7], [0, 1, 4, 5]


@pytest.fixture
def gaussian():
    mix = torch.randn(8, 8, generator=torch.Generator().manual_seed(3))
    return torch.randn(8), mix @ mix.T + 0.3 * torch.eye(8)


# Steps that are long at first are refused more often, and shortened.
@pytest.mark.parametrize("factor", [1, 12])
def test_draws_have_the_moments_of_the_conditional(gaussian, factor):
    mean, covariance = gaussian
    precision = covariance.inverse()

    def nll(poses):
        off = poses.flatten(1) - mean
        return ((off @ precision) * off).sum(-1) / 2

    seen = mean + 0.5 * torch.randn(2, 8)
    start = seen.unflatten(1, (4, 2))[:, None].expand(-1, 3000, -1, -1)
    scale = factor * covariance.diagonal().sqrt().unflatten(0, (4, 2))[HIDDEN]
    draws = conditional_draws(nll, start, HIDDEN, scale, 60, torch.Generator().manual_seed(0))
    gain = covariance[OWN][:, OTHERS] @ covariance[OTHERS][:, OTHERS].inverse()
    expected = mean[OWN] + (seen[:, OTHERS] - mean[OTHERS]) @ gain.T
    spread = covariance[OWN][:, OWN] - gain @ covariance[OTHERS][:, OWN]
    size = spread.diagonal().max().sqrt()
    for row in range(2):
        hidden = draws.keypoints[row].flatten(1)[:, OWN]
        assert (hidden.mean(0) - expected[row]).abs().max() < 0.12 * size
        assert (hidden.T.cov() - spread).abs().max() < 0.15 * spread.diagonal().max()
    assert draws.accepted > 0.9 if factor == 1 else 0.4 < draws.accepted < 0.95
    torch.testing.assert_close(draws.nll, nll(draws.keypoints.flatten(0, 1)).unflatten(0, (2, -1)))


def test_what_is_seen_stays_and_the_generator_decides(gaussian):
    def nll(poses):
        return poses.square().sum((-2, -1))

    start, scale = torch.randn(2, 3, 4, 2), torch.ones(2, 2)

    def draw(seed):
        draws = torch.Generator().manual_seed(seed)
        return conditional_draws(nll, start, HIDDEN, scale, 10, draws).keypoints

    first = draw(0)
    assert torch.equal(first[:, :, [0, 2]], start[:, :, [0, 2]])
    assert torch.equal(first, draw(0))
    assert not torch.equal(first, draw(1))


def test_a_place_of_no_density_is_not_taken():
    def nll(poses):
        far = poses.square().sum((-2, -1))
        return torch.where(far < 1, far, torch.nan)

    start, scale = torch.zeros(1, 50, 4, 2), 3 * torch.ones(2, 2)
    draws = conditional_draws(nll, start, HIDDEN, scale, 30, torch.Generator().manual_seed(0))
    assert draws.keypoints.square().sum((-2, -1)).max() < 1
    assert draws.nll.isfinite().all()


def test_chains_begin_at_the_poses_that_are_nearest_in_what_is_seen():
    bank = torch.zeros(4, 4, 2)
    bank[:, 2, 0] = torch.tensor([0.0, 1.0, 2.0, 5.0])
    bank[:, 1, 0] = torch.tensor([10.0, 11.0, 12.0, 15.0])
    pose = torch.zeros(1, 4, 2)
    # What is hidden is far away, which is not looked at.
    pose[0, 1], pose[0, 2, 0] = 99, 1.9
    found = nearest_poses(pose, bank, HIDDEN, 3)
    assert found[0, :, 1, 0].tolist() == [12, 11, 10]
    assert torch.equal(found[0, :, 2], pose[0, 2].expand(3, 2))
