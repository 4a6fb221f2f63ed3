import pytest
import torch
from scipy import stats

from lifting.nets.dropout import Dropout

SHARES = [0.1, 0.25, 0.5, 0.9]


def rounded(p):
    return round(256 * p) / 256


@pytest.mark.parametrize("p", SHARES)
def test_every_place_is_dropped_with_the_probability_asked_for(p):
    """Each column by itself: an error of the random bytes repeats with their place in a word."""
    drops = 20_000
    dropped = (Dropout(p)(torch.ones(drops, 24)) == 0).sum(0)
    low, high = stats.binom.interval(1 - 1e-6, drops, rounded(p))
    assert dropped.min() >= low
    assert dropped.max() <= high
    assert rounded(p) == pytest.approx(p, abs=1 / 512)


@pytest.mark.parametrize("p", SHARES)
def test_neighbours_are_dropped_independently(p):
    dropped = (Dropout(p)(torch.ones(20_000, 16)) == 0).double()
    correlation = torch.corrcoef(dropped.T) - torch.eye(16)
    assert correlation.abs().max() < 6 / 20_000**0.5


@pytest.mark.parametrize("p", SHARES)
def test_values_that_stay_are_scaled_so_that_the_mean_stays(p):
    x = torch.randn(1000, 50).add_(3)
    y = Dropout(p)(x)
    kept = y != 0
    torch.testing.assert_close(y[kept], x[kept] / (1 - rounded(p)))
    assert y.mean().item() == pytest.approx(3, rel=0.1)


def test_evaluation_and_zero_probability_change_nothing():
    x = torch.randn(7, 5)
    assert torch.equal(Dropout(0.5).eval()(x), x)
    assert torch.equal(Dropout(0.0)(x), x)


@pytest.mark.parametrize("p", [0.001, 0.999, 1.0])
def test_probabilities_that_a_byte_cannot_hold_are_kept_too(p):
    dropped = (Dropout(p)(torch.ones(100_000)) == 0).sum()
    low, high = stats.binom.interval(1 - 1e-6, 100_000, p)
    assert low <= dropped <= high


def test_the_gradient_passes_the_same_mask():
    x = torch.randn(64, 33, requires_grad=True)
    y = Dropout(0.5)(x)
    (3 * y).sum().backward()
    torch.testing.assert_close(x.grad, torch.where(y == 0, 0.0, 6.0))


def test_the_seed_determines_the_mask_and_calls_differ():
    x, drop = torch.ones(40, 25), Dropout(0.5)
    torch.manual_seed(4)
    first, second = drop(x), drop(x)
    torch.manual_seed(4)
    assert torch.equal(drop(x), first)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("shape", [(1,), (3, 5), (2, 3, 7), (0, 4)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_shape_and_type_stay_and_the_input_is_not_written_to(shape, dtype):
    x = torch.ones(shape, dtype=dtype)
    y = Dropout(0.5)(x)
    assert (y.shape, y.dtype) == (x.shape, dtype)
    assert torch.equal(x, torch.ones_like(x))


def test_a_compiled_step_drops_as_the_original(monkeypatch):
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    x = torch.ones(1000)
    torch.manual_seed(0)
    expected = torch.nn.Dropout(0.25)(x)
    torch.manual_seed(0)
    assert torch.equal(Dropout(0.25)(x), expected)
