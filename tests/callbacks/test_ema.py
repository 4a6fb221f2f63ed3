"""Exponential moving average of the weights against its definition, one value at a time."""

import pytest
import torch
from torch import nn

from callbacks.ema import AverageOnDevice


class One(nn.Module):
    """A weight and a statistic."""

    def __init__(self, value):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([value], dtype=torch.float64))
        self.register_buffer("statistic", self.weight.detach().clone())


def followed(values, decay, again=None):
    """The average of models with these values in turn; ``again`` is when it is loaded into a new one."""
    average = AverageOnDevice(One(0.0), decay)
    for number, value in enumerate(values):
        average.update_parameters(One(value))
        if number == again:
            state, average = average.state_dict(), AverageOnDevice(One(0.0), decay)
            average.load_state_dict(state)
    return average


def definition(values, decay):
    mean = values[0]
    for updates, value in enumerate(values[1:], start=1):
        past = min(decay, (1 + updates) / (10 + updates))
        mean = past * mean + (1 - past) * value
    return mean


@pytest.mark.parametrize("again", [None, 0, 7])
@pytest.mark.parametrize("decay", [0.5, 0.999])
def test_average_is_its_definition(decay, again):
    values = torch.randn(30, dtype=torch.float64).tolist()
    average = followed(values, decay, again)
    assert average.module.weight.item() == pytest.approx(definition(values, decay))
    assert average.module.statistic.item() == values[-1]
    assert average.n_averaged == 30


def test_initial_weights_are_soon_forgotten():
    assert followed([1.0] + 299 * [0.0], 0.999).module.weight.item() < 1e-6
