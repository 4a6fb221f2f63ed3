import numpy as np
import pytest
import torch

from lifting.nets.standardise import Standardise


def fitted(x):
    module = Standardise(*x.shape[1:])
    module.fit(x)
    return module


def sample(frames=1000, offset=0.0, deviation=1.0, seed=0):
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(frames, 5, 3, generator=draw, dtype=torch.float64)
    return (offset + deviation * x).float()


@pytest.mark.parametrize(("offset", "deviation"), [(0, 1), (-40, 300), (500, 1e-3), (5000, 0.1)])
def test_statistics_are_those_of_the_data_in_double_precision(offset, deviation):
    x = sample(offset=offset, deviation=deviation)
    module, exact = fitted(x), x.double().numpy()
    np.testing.assert_allclose(module.mean, exact.mean(0), rtol=1e-6, atol=1e-6 * deviation)
    np.testing.assert_allclose(module.deviation, exact.std(0), rtol=1e-6)


def test_statistics_do_not_depend_on_the_pieces_they_are_taken_in():
    x = sample(frames=65536 + 123, offset=10)
    exact = x.double().numpy()
    np.testing.assert_allclose(fitted(x).mean, exact.mean(0), rtol=1e-6)
    np.testing.assert_allclose(fitted(x).deviation, exact.std(0), rtol=1e-6)


def test_standardised_data_have_zero_mean_and_unit_deviation():
    y = fitted(sample(offset=300, deviation=80))(sample(offset=300, deviation=80)).double()
    assert y.mean(0).abs().max() < 1e-5
    assert (y.std(0, correction=0) - 1).abs().max() < 1e-5


def test_inverse_undoes_standardisation():
    module = fitted(sample(offset=300, deviation=80))
    x = sample(frames=60, offset=-100, deviation=500, seed=1)
    torch.testing.assert_close(module.inverse(module(x)), x, rtol=1e-5, atol=1e-3)
    sequence = x.view(4, 15, 5, 3)
    assert torch.equal(module(sequence), module(x).view(4, 15, 5, 3))


@pytest.mark.parametrize("constant", [0.0, 512.3])
def test_a_constant_coordinate_becomes_zero_and_returns_as_its_constant(constant):
    x = sample(deviation=100)
    x[:, 0] = constant
    module = fitted(x)
    assert not module.deviation[0].any()
    other = sample(seed=2)
    assert not module(other)[:, 0].any()
    assert torch.equal(module.inverse(other)[:, 0], torch.full((1000, 3), constant))


def test_noise_of_rounding_is_no_variation():
    x = sample(deviation=100)
    x[:, 0] = 512.0 + 6e-5 * torch.randint(0, 2, (1000, 3))
    assert not fitted(x).deviation[0].any()


def test_the_gradient_is_one_over_the_deviation_and_zero_where_that_is():
    x = sample(deviation=100)
    x[:, 0] = 7.0
    module = fitted(x)
    points = sample(frames=2, seed=3).requires_grad_()
    module(points).sum().backward()
    expected = np.divide(
        1, x.double().numpy().std(0), where=np.arange(5)[:, None] > 0, out=np.zeros((5, 3))
    )
    np.testing.assert_allclose(points.grad, np.stack(2 * [expected]), rtol=1e-5)


def test_statistics_travel_in_the_state_dict():
    module, other = fitted(sample(offset=9)), Standardise(5, 3)
    other.load_state_dict(module.state_dict())
    x = sample(seed=5)
    assert torch.equal(other(x), module(x))
    assert not list(module.parameters())


def test_before_fitting_nothing_is_changed():
    x = sample()
    assert torch.equal(Standardise(5, 3)(x), x)
