import math

import pytest
import torch

from lifting.errors import InputError
from lifting.nets.pose_matching import DRAWS, PoseMatching

DIMS, STD = 6, 0.8


def test_size():
    """Coordinates in and out, two layers for the time, and norm and two layers in each block."""
    counted = sum(p.numel() for p in PoseMatching(34, root=0).parameters())
    layer = 512 * 512 + 512
    assert counted == (32 * 512 + 512) + 2 * layer + 4 * (2 * 512 + 2 * layer) + (512 * 32 + 32)
    assert counted == 2_663_968


@pytest.fixture
def gaussian(monkeypatch):
    """The density of a normal distribution whose velocity is known in closed form."""
    density = PoseMatching(DIMS, hidden=8, blocks=1, standardise=False, noise=0.05)

    def velocity(points, time):
        t = time[:, None]
        found = t * STD**2 * points / ((1 - t) ** 2 + (t * STD) ** 2)
        return (found - points) / (1 - t)

    monkeypatch.setattr(density, "velocity", velocity)
    return density


def exact(x):
    """The negative log-likelihood without ln 2π."""
    return 0.5 * (x / STD).square().sum(-1) + DIMS * math.log(STD)


@pytest.mark.parametrize("size", [0.0, 0.5, 1.5])
def test_bound_of_a_known_velocity_is_the_likelihood(gaussian, size):
    x = size * torch.linspace(-1, 1, DIMS)
    drawn = gaussian.gaussian(200_000, torch.Generator().manual_seed(1))
    bound = gaussian.drawn_nll(x.expand(len(drawn), -1), drawn).mean().item()
    assert bound == pytest.approx(exact(x).item(), abs=0.06)


def test_gradient_is_that_of_the_likelihood(gaussian):
    x = torch.linspace(-1, 1, DIMS).requires_grad_(True)
    drawn = gaussian.gaussian(200_000, torch.Generator().manual_seed(1))
    gaussian.drawn_nll(x.expand(len(drawn), -1), drawn).mean().backward()
    torch.testing.assert_close(x.grad, x.detach() / STD**2, atol=0.06, rtol=0)


def test_likelihood_is_the_mean_of_fixed_levels_and_near_that_of_many(gaussian):
    x = torch.randn(256, DIMS) * STD
    found = gaussian(x)
    assert torch.equal(found, gaussian(x))
    each = [gaussian.drawn_nll(x, row.expand(len(x), -1)) for row in gaussian.fixed]
    assert len(each) == DRAWS
    torch.testing.assert_close(found, torch.stack(each).mean(0))
    assert found.mean().item() == pytest.approx(exact(x).mean().item(), abs=0.5)


def test_standardising_changes_the_unit_and_not_the_density(gaussian, monkeypatch):
    # Of twice the coordinates each value is likely half as often.
    other = PoseMatching(DIMS, hidden=8, blocks=1, noise=0.05)
    other.preparation.deviation.fill_(2.0)
    monkeypatch.setattr(other, "velocity", gaussian.velocity)
    x = torch.randn(4, DIMS)
    drawn = other.gaussian(4)
    expected = gaussian.drawn_nll(x, drawn) + DIMS * math.log(2)
    torch.testing.assert_close(other.drawn_nll(2 * x, drawn), expected)


def test_loss_is_that_of_straight_paths_at_levels_evenly_apart(gaussian):
    drawn, x = gaussian.gaussian(2000), torch.randn(2000, DIMS)
    level = -5 + (-2 * math.log(0.05) + 5) * torch.distributions.Normal(0, 1).cdf(drawn[:, -1])
    signal = torch.exp(level / 2)
    time = (signal / (1 + signal))[:, None]
    seen = (1 - time) * drawn[:, :-1] + time * x
    expected = (gaussian.velocity(seen, time[:, 0]) - x + drawn[:, :-1]).square().mean()
    torch.testing.assert_close(gaussian.training_loss(x, drawn), expected)


@pytest.mark.parametrize("options", [{"hidden": 7}, {"blocks": 0}, {"noise": 0.0}, {"noise": 1.0}])
def test_what_makes_no_density_is_refused(options):
    with pytest.raises(InputError, match=next(iter(options))):
        PoseMatching(DIMS, **options)
