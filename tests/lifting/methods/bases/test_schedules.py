import itertools
import math

import pytest
import torch

from lifting.errors import InputError
from lifting.methods.bases.schedules import schedule


def factors(name, steps=100, warmup=0.1, decay=0.96, steps_per_epoch=10):
    factor = schedule(name, steps, warmup, decay, steps_per_epoch)
    return [factor(step) for step in range(steps)]


@pytest.mark.parametrize("name", ["cosine", "constant", "exponential"])
def test_warmup_rises_evenly_and_never_asks_for_a_step_of_zero(name):
    rise = factors(name)[:10]
    assert rise == pytest.approx([i / 10 for i in range(1, 11)])


@pytest.mark.parametrize("name", ["cosine", "constant", "exponential"])
def test_without_warmup_the_first_step_is_whole(name):
    assert factors(name, warmup=0.0)[0] == 1.0


def test_constant_stays():
    assert factors("constant")[10:] == 90 * [1.0]


def test_exponential_loses_its_share_once_per_epoch():
    values = factors("exponential", warmup=0.0, decay=0.9)
    assert values[::10] == pytest.approx([0.9**epoch for epoch in range(10)])
    ratios = [b / a for a, b in itertools.pairwise(values)]
    assert ratios == pytest.approx(99 * [ratios[0]])


def test_cosine_is_the_annealing_of_torch_after_the_warmup():
    weight = torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.SGD([weight], lr=1.0)
    annealing = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=90)
    expected = []
    for _ in range(90):
        expected.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        annealing.step()
    assert factors("cosine")[10:] == pytest.approx(expected)


def test_cosine_falls_to_zero_and_stays_there():
    factor = schedule("cosine", 100, 0.1, 1.0, 10)
    values = [factor(step) for step in range(10, 101)]
    assert all(a > b for a, b in itertools.pairwise(values))
    assert values[-1] == pytest.approx(0, abs=1e-15)
    assert factor(130) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(("steps", "warmup"), [(1, 0.02), (1, 1.0), (3, 1.0), (0, 0.5)])
def test_very_short_trainings_have_a_schedule_too(steps, warmup):
    factor = schedule("cosine", steps, warmup, 1.0, 1)
    values = [factor(step) for step in range(steps + 1)]
    assert all(math.isfinite(value) and 0 <= value <= 1 for value in values)


def test_an_unknown_schedule_is_refused():
    with pytest.raises(
        InputError, match=r"--model.schedule is linear: give cosine, constant or exp"
    ):
        schedule("linear", 100, 0.0, 1.0, 10)
