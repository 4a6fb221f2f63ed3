import pytest
import torch

from lifting.losses.heatmaps import hard_keypoint_loss, heatmap_errors


def made():
    draw = torch.Generator().manual_seed(0)
    pred, target = (torch.randn(4, 9, 5, 6, generator=draw, dtype=torch.float64) for _ in range(2))
    weights = torch.rand(4, 9, generator=draw, dtype=torch.float64)
    weights[0, :3], weights[1, 5] = 0, 1
    return pred, target, weights


def test_the_loss_is_the_published_loop_over_joints():
    pred, target, weights = made()
    total = 0
    for j in range(9):
        v = weights[:, j, None]
        p, t = pred[:, j].flatten(1) * v, target[:, j].flatten(1) * v
        total += 0.5 * torch.nn.functional.mse_loss(p, t)
    torch.testing.assert_close(heatmap_errors(pred, target, weights).mean(), total / 9)


@pytest.mark.parametrize("count", [1, 4, 8, 20])
def test_the_hardest_are_those_of_a_loop(count):
    pred, target, weights = made()
    total = 0
    for b in range(4):
        errors = [
            0.5 * (weights[b, j] * (pred[b, j] - target[b, j])).square().mean() for j in range(9)
        ]
        worst = sorted(errors, reverse=True)[:count]
        total += sum(worst) / len(worst)
    found = hard_keypoint_loss(heatmap_errors(pred, target, weights), count)
    torch.testing.assert_close(found, total / 4)


def test_the_hardest_may_be_ranked_by_something_else():
    errors = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    by = torch.tensor([[9.0, 1.0, 8.0], [1.0, 2.0, 0.0]], requires_grad=True)
    loss = hard_keypoint_loss(errors, 2, by)
    assert loss.item() == ((1 + 3) / 2 + (4 + 5) / 2) / 2
    loss.backward()
    assert errors.grad.tolist() == [[0.25, 0, 0.25], [0.25, 0.25, 0]]
    assert by.grad is None


def test_keypoints_without_weight_have_no_gradient():
    pred, target, weights = made()
    pred.requires_grad_()
    heatmap_errors(pred, target, weights).mean().backward()
    assert pred.grad[0, :3].abs().max() == 0
    assert pred.grad[0, 3:].abs().min() > 0


def test_rounded_heat_maps_are_compared_in_float32():
    pred, target, weights = (x.float() for x in made())
    errors = heatmap_errors(pred.bfloat16(), target, weights)
    assert errors.dtype == torch.float32
    assert torch.equal(errors, heatmap_errors(pred.bfloat16().float(), target, weights))
