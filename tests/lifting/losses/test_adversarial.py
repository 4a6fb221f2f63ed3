"""Losses of generators and critics, against closed forms, autograd and finite differences."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from lifting.losses.adversarial import (
    camera_loss,
    critic_loss,
    depth_weighted_loss,
    gradient_penalty,
    interpolate,
    logistic_critic_loss,
    logistic_generator_loss,
    scores_and_penalty,
    symmetry_loss,
)
from lifting.skeletons import skeleton

BODY = skeleton("h36m17")


def cameras(count=20):
    turns = Rotation.random(count, random_state=0).as_matrix()
    scales = np.geomspace(1e-3, 1e3, count)
    return torch.from_numpy(turns[:, :, :2] * scales[:, None, None])


@pytest.mark.parametrize("absolute", [False, True])
def test_scaled_orthographic_cameras_cost_nothing(absolute):
    assert camera_loss(cameras(), absolute).abs().max() < 2e-6


def test_the_camera_loss_is_that_of_its_formula():
    camera = torch.randn(50, 3, 2, dtype=torch.float64)
    found, absolute = camera_loss(camera), camera_loss(camera, absolute=True)
    for k, frobenius, entries in zip(camera.numpy(), found, absolute, strict=True):
        off = 2 / np.trace(k.T @ k) * k.T @ k - np.eye(2)
        assert frobenius.item() == pytest.approx(np.linalg.norm(off))
        assert entries.item() == pytest.approx(np.abs(off).sum())


def test_a_camera_of_one_line_costs_the_most():
    line = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert camera_loss(line).item() == pytest.approx(2**0.5)
    assert camera_loss(torch.randn(1000, 3, 2)).max() <= 2**0.5 + 1e-6


@pytest.mark.parametrize("camera", [torch.zeros(1, 3, 2), torch.eye(3)[None, :, :2].clone()])
def test_no_camera_and_a_perfect_one_have_finite_gradients(camera):
    camera.requires_grad_(True)
    loss = camera_loss(camera).sum()
    loss.backward()
    assert loss.isfinite()
    assert camera.grad.isfinite().all()


def test_a_linear_critic_is_penalised_for_its_slope():
    weight = torch.randn(12)
    found = gradient_penalty(lambda x: x.flatten(1) @ weight, torch.randn(9, 4, 3))
    assert found.item() == pytest.approx((weight.norm().item() - 1) ** 2, rel=1e-5)


def test_the_penalty_and_its_gradient_are_those_of_finite_differences():
    torch.manual_seed(1)
    first, second = torch.randn(7, 6, dtype=torch.float64), torch.randn(7, dtype=torch.float64)
    samples = torch.randn(5, 6, dtype=torch.float64)

    def critic(x, weight):
        return torch.tanh(x @ weight.T) @ second

    def by_hand(weight):
        # d/dx of second . tanh(W x) is W^T (second * (1 - tanh^2)).
        inner = np.tanh(samples.numpy() @ weight.T)
        slope = ((1 - inner**2) * second.numpy()) @ weight
        return np.mean((np.linalg.norm(slope, axis=1) - 1) ** 2)

    weight = first.clone().requires_grad_(True)
    penalty = gradient_penalty(lambda x: critic(x, weight), samples)
    assert penalty.item() == pytest.approx(by_hand(first.numpy()))
    penalty.backward()
    for i, j in [(0, 0), (3, 2), (6, 5)]:
        step = np.zeros((7, 6))
        step[i, j] = 1e-5
        slope = (by_hand(first.numpy() + step) - by_hand(first.numpy() - step)) / 2e-5
        assert weight.grad[i, j].item() == pytest.approx(slope, rel=1e-5)


def test_samples_between_pairs_are_their_own_share_of_the_way():
    real, fake = torch.ones(3, 2, 3), torch.zeros(3, 2, 3)
    between = interpolate(real, fake, torch.tensor([0.0, 0.25, 1.0]))
    assert between.flatten(1).unique(dim=1).squeeze(1).tolist() == [0.0, 0.25, 1.0]


def test_a_critic_that_tells_real_from_fake_has_a_low_loss():
    assert critic_loss(torch.tensor([3.0, 5.0]), torch.tensor([1.0, 0.0, 2.0])).item() == -3.0


def test_symmetry_is_the_mean_gap_between_the_sides():
    pose = torch.randn(4, 17, 3)
    pairs = [("hip", "pelvis"), ("knee", "hip"), ("ankle", "knee")]
    pairs += [("shoulder", "thorax"), ("elbow", "shoulder"), ("wrist", "elbow")]
    gap = np.zeros(4)
    for child, parent in pairs:
        lengths = []
        for side in ("left", "right"):
            name = parent if parent in ("pelvis", "thorax") else f"{side}_{parent}"
            ends = BODY.index(f"{side}_{child}"), BODY.index(name)
            lengths.append(np.linalg.norm(pose[:, ends[0]] - pose[:, ends[1]], axis=-1))
        gap += np.abs(lengths[0] - lengths[1]) / 6
    found = symmetry_loss(pose, BODY.bones, BODY.mirror)
    np.testing.assert_allclose(found.numpy(), gap, rtol=1e-5)


def test_the_depth_weighted_error_is_that_of_the_image_times_the_depth():
    points = torch.randn(5, 17, 3, dtype=torch.float64) + torch.tensor([0.0, 0.0, 5.0])
    rays = torch.randn(5, 17, 2, dtype=torch.float64)
    focal = torch.rand(5, 2, dtype=torch.float64) + 2
    image = points[..., :2] / points[..., 2:] * focal[:, None]
    off = (image - rays * focal[:, None]) * points[..., 2:]
    expected = off.numpy().reshape(5, -1)
    found = depth_weighted_loss(points, rays, focal)
    np.testing.assert_allclose(found.numpy(), (expected**2).mean(1))


def test_logistic_losses_are_cross_entropies():
    real, fake = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0, 1.0])
    chances = [1 / (1 + np.exp(-scores.numpy())) for scores in (real, fake)]
    expected = -np.log(chances[0]).mean() - np.log(1 - chances[1]).mean()
    assert logistic_critic_loss(real, fake).item() == pytest.approx(expected)
    assert logistic_generator_loss(fake).item() == pytest.approx(-np.log(chances[1]).mean())
    # A critic that cannot tell; and gradients that do not vanish where it is sure of what is generated.
    assert logistic_critic_loss(torch.zeros(3), torch.zeros(2)).item() == pytest.approx(
        2 * np.log(2)
    )
    sure = torch.tensor([-50.0], requires_grad=True)
    logistic_generator_loss(sure).backward()
    assert sure.grad.item() == pytest.approx(-1)


def test_the_penalty_at_what_was_seen_is_the_squared_slope():
    x = torch.randn(9, 4, 3)
    # Of |x|^2 it is 2 x, and of that the square 4 |x|^2.
    scores, penalty = scores_and_penalty(lambda x: x.flatten(1).square().sum(-1), x)
    torch.testing.assert_close(scores, x.square().sum((1, 2)))
    assert penalty.item() == pytest.approx(4 * x.square().sum((1, 2)).mean().item(), rel=1e-5)
