import numpy as np
import pytest
import torch
from scipy.special import softmax

from lifting.imaging.heatmaps import gaussian_targets, soft_argmax
from tests.lifting.imaging.heatmaps.test_decoding import simulated

CASES = [
    {"sigma": 2.0, "beta": 8.0, "window": 2.0, "normalised": True},
    {"sigma": 3.0, "beta": 20.0, "window": 3.0, "normalised": False},
    {"sigma": 2.0, "beta": 100.0, "window": None, "normalised": False},
    {"sigma": 2.0, "beta": 25.0, "window": None, "normalised": True},
]


def expected(plain, sigma, beta, window, normalised):
    """Cell by cell over a copy of the map of which all else is cut away."""
    r, c = np.unravel_index(plain.argmax(), plain.shape)
    height, width = plain.shape
    cells = [
        (y, x)
        for y in range(height)
        for x in range(width)
        if window is None or max(abs(y - r), abs(x - c)) <= window * sigma
    ]
    values = np.array([plain[cell] for cell in cells]) * beta
    share = softmax(values / plain.max() if normalised else values)
    return share @ (np.array(cells)[:, ::-1] + 0.5)


@pytest.mark.parametrize("case", CASES)
def test_it_is_the_expectation_over_the_cells(case):
    maps, _ = simulated(20, noise=0.02)
    # A peak in a corner, whose window is cut.
    maps[0, 0, 1, 46] = 1.5
    found, confidence = soft_argmax(maps, **case)
    torch.testing.assert_close(confidence, maps.amax((2, 3)))
    for k in range(20):
        np.testing.assert_allclose(found[0, k], expected(maps[0, k].numpy(), **case), atol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_those_of_finite_differences(case):
    maps, _ = simulated(2, noise=0.02)
    maps = maps[:, :, 10:34, 10:30].clone()
    maps[0, 0, 1, 2] = 1.2
    maps.requires_grad_()
    assert torch.autograd.gradcheck(lambda m: soft_argmax(m, **case)[0], maps, fast_mode=True)


def test_the_sharpness_may_be_learnt():
    maps, _ = simulated(5, noise=0.02)
    beta = torch.tensor(8.0, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda b: soft_argmax(maps, beta=b)[0], beta)


def test_normalised_it_does_not_depend_on_the_height_of_the_peak():
    maps, _ = simulated(20)
    for height in (0.1, 0.5, 3.0):
        torch.testing.assert_close(soft_argmax(height * maps)[0], soft_argmax(maps)[0])


def test_heat_maps_without_a_peak_give_finite_places_and_gradients():
    for maps in (torch.zeros(1, 2, 8, 8), -torch.rand(1, 2, 8, 8), 1e-9 * torch.rand(1, 2, 8, 8)):
        maps.requires_grad_()
        found, _ = soft_argmax(maps)
        found.sum().backward()
        assert found.isfinite().all()
        assert (found > 0).all()
        assert (found < 8).all()
        assert maps.grad.isfinite().all()
        assert maps.grad.abs().max() < 1e4


def test_gradient_steps_move_the_place_to_its_target():
    maps, points = simulated(10)
    target = points + 0.4
    for _ in range(100):
        maps = maps.detach().requires_grad_()
        (soft_argmax(maps)[0] - target).square().sum().backward()
        maps = maps - 0.1 * maps.grad
    torch.testing.assert_close(soft_argmax(maps)[0], target, rtol=0, atol=0.01)


def test_a_second_peak_disturbs_only_what_sees_it():
    points = torch.tensor([[[20.3, 20.6]]])
    one, _ = gaussian_targets(points, torch.ones(1, 1) > 0, (48, 64))
    other, _ = gaussian_targets(points + torch.tensor([12.0, 25.0]), torch.ones(1, 1) > 0, (48, 64))
    maps = one + 0.9 * other
    torch.testing.assert_close(soft_argmax(maps)[0], points, rtol=0, atol=0.02)
    assert (soft_argmax(maps, window=None)[0] - points).norm() > 1
