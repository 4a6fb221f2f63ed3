import pytest
import torch

from callbacks.ema import warmed_up_average


def average(values, decay):
    """The definition, one value at a time."""
    mean = values[0]
    for updates, value in enumerate(values[1:], start=1):
        past = min(decay, (1 + updates) / (10 + updates))
        mean = past * mean + (1 - past) * value
    return mean


@pytest.mark.parametrize("decay", [0.5, 0.999])
def test_average_is_its_definition(decay):
    values = torch.randn(30, dtype=torch.float64).tolist()
    kept = [torch.tensor([values[0]], dtype=torch.float64)]
    for updates, value in enumerate(values[1:], start=1):
        update = warmed_up_average(decay)
        update(kept, [torch.tensor([value], dtype=torch.float64)], torch.tensor(updates))
    assert kept[0].item() == pytest.approx(average(values, decay))


def test_initial_weights_are_soon_forgotten():
    kept = [torch.ones(1)]
    for updates in range(1, 300):
        warmed_up_average(0.999)(kept, [torch.zeros(1)], updates)
    assert kept[0].item() < 1e-6
