import pytest
import torch

from lifting.methods.bases.dynamic_weight_average import DynamicWeightAverage


def equal(count):
    return torch.full((count,), 1 / count)


def test_that_which_falls_slowest_counts_most():
    weights = DynamicWeightAverage(2)
    for losses in ([4.0, 1.0], [2.0, 3.0]):
        weights.add(torch.tensor(losses))
    torch.testing.assert_close(weights(), equal(2))
    weights.end()
    torch.testing.assert_close(weights(), equal(2))
    weights.add(torch.tensor([1.5, 2.0]))
    weights.end()
    # Means of 3 and 2, then 1.5 and 2.
    wanted = torch.tensor([0.5 / 2, 1.0 / 2]).exp()
    torch.testing.assert_close(weights(), wanted / wanted.sum())


def test_steps_are_compared_one_by_one():
    weights = DynamicWeightAverage(3, "step", temperature=0.5)
    weights.add(torch.tensor([1.0, 2.0, 4.0]))
    torch.testing.assert_close(weights(), equal(3))
    weights.add(torch.tensor([1.0, 1.0, 1.0]))
    torch.testing.assert_close(weights(), (torch.tensor([1, 0.5, 0.25]) / 0.5).softmax(0))


def test_equal_weights_stay_equal():
    weights = DynamicWeightAverage(2, "equal")
    for losses in ([1.0, 1.0], [1.0, 9.0], [1.0, 1.0]):
        weights.add(torch.tensor(losses))
        weights.end()
    torch.testing.assert_close(weights(), equal(2))


@pytest.mark.parametrize("losses", [[0.0, 1.0], [float("nan"), 1.0], [float("inf"), 1.0]])
def test_a_loss_that_is_no_measure_leaves_them_equal(losses):
    weights = DynamicWeightAverage(2, "step")
    weights.add(torch.tensor(losses))
    weights.add(torch.ones(2))
    torch.testing.assert_close(weights(), equal(2))


def test_they_go_on_from_a_checkpoint_in_mid_epoch():
    ours, theirs = DynamicWeightAverage(2), DynamicWeightAverage(2)
    ours.add(torch.tensor([2.0, 1.0]))
    ours.end()
    ours.add(torch.tensor([1.0, 3.0]))
    theirs.load_state_dict(ours.state_dict())
    for weights in (ours, theirs):
        weights.add(torch.tensor([1.0, 1.0]))
        weights.end()
    assert not torch.allclose(ours(), equal(2))
    torch.testing.assert_close(theirs(), ours())
