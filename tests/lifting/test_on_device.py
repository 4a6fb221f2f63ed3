"""Constants and draws on a device: made once, of the right values, in whatever surroundings."""

import pytest
import torch
from torch._subclasses import FakeTensorMode

from lifting.on_device import constant, indices, sent

CPU = torch.device("cpu")


def test_indices_are_places_and_made_once():
    first = indices([2, 0], CPU)
    assert first is indices((2, 0), CPU)
    assert torch.equal(torch.arange(5)[first], torch.tensor([2, 0]))
    assert torch.equal(torch.arange(5)[indices([], CPU)], torch.zeros(0, dtype=torch.long))


def test_constants_are_of_the_type_that_is_asked_for():
    eye = constant(((1, 0), (0, 1)), CPU, torch.float64)
    assert torch.equal(eye, torch.eye(2, dtype=torch.float64))
    # Of equal numbers, another for each type.
    assert constant((True, False), CPU, torch.bool).dtype == torch.bool
    assert constant((1, 0), CPU, torch.float32).dtype == torch.float32


@pytest.mark.parametrize("around", [torch.inference_mode, torch.no_grad, FakeTensorMode])
def test_what_surrounds_the_first_call_leaves_no_trace(around):
    values = (0.25, float(hash(around.__name__) % 1000))
    with around():
        constant(values, CPU, torch.float32)
    weight = torch.ones(2, requires_grad=True)
    (weight * constant(values, CPU, torch.float32)).sum().backward()
    assert weight.grad.tolist() == list(values)


def test_what_is_sent_has_the_type_and_the_place_of_what_it_is_for():
    drawn = torch.rand(3, dtype=torch.float64)
    there = sent(drawn, torch.zeros(1, dtype=torch.float32))
    assert there.dtype == torch.float32
    assert torch.equal(there, drawn.float())
