import math

import pytest
import torch

from lifting.nets.integration import integrate

MEAN, STD = 3.0, 0.5


def gaussian_velocity(x, time):
    """The velocity of straight paths from the standard normal to N(MEAN, STD²), known in closed form.

    Of x = (1 - t) x0 + t x1 with independent ends, E[x1 - x0 | x] is linear in x.
    """
    t = time[:, None]
    variance = (1 - t) ** 2 + t**2 * STD**2
    slope = (t * STD**2 - (1 - t)) / variance
    return MEAN + slope * (x - t * MEAN)


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("heun", 2)])
def test_noise_becomes_the_data_with_the_order_of_the_solver(solver, order):
    start = torch.randn(64, 1, dtype=torch.float64)
    # Its standard deviation along the path changes alike for all points.
    exact = MEAN + STD * start
    errors = [
        (integrate(gaussian_velocity, start, steps, solver) - exact).abs().max().item()
        for steps in (40, 80)
    ]
    assert errors[0] < 0.1
    assert math.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.15)


def test_one_step_of_euler_gives_the_mean_of_the_data():
    start = torch.randn(64, 1, dtype=torch.float64)
    once = integrate(gaussian_velocity, start, 1)
    torch.testing.assert_close(once, torch.full_like(once, MEAN))


@pytest.mark.parametrize(("solver", "times"), [("euler", [0, 0.5]), ("heun", [0, 0.5, 0.5, 1])])
def test_times_run_from_noise_to_data(solver, times):
    seen = []

    def velocity(x, time):
        assert time.shape == (2,)
        seen.append(time[0].item())
        return torch.ones_like(x)

    start = torch.randn(2, 4, 3)
    torch.testing.assert_close(integrate(velocity, start, 2, solver), start + 1)
    assert seen == times
