"""One training step of RepNet and the temporal GAN: which way it moves critics and generators."""

import pytest
import torch

from lifting.geometry import centre
from lifting.methods.repnet import RepNet
from lifting.methods.temporal_gan import TemporalGAN
from lifting.skeletons import skeleton
from tests.lifting.methods.bases.test_sequence_lifter import batch
from tests.lifting.methods.made_steps import without_trainer

ROOT = skeleton("h36m17").root
CHUNK = {"RepNet": 1, "TemporalGAN": 3}
# As good as nothing: a weight of the reprojection has to be above zero.
ALMOST_NONE = {"reprojection": 1e-9}


def repnet(**options):
    return RepNet(**({"width": 16, "critic_width": 16, "camera": 0.0} | options))


def temporal(**options):
    small = {"taps": [3], "channels": 16, "critic_width": 16, "motion": 0.5, "motion_frames": 3}
    method = TemporalGAN(**(small | options))
    method.initialise_at(torch.randn(5, 17, 3) + torch.tensor([0.0, 0.0, 5.0]))
    return method


both = pytest.mark.parametrize("make", [repnet, temporal])


def made_batch(method, examples=12):
    """Keypoints of people, and unpaired poses of others."""
    chunk = CHUNK[type(method).__name__]
    some = batch(examples, frames=method.frames + chunk - 1, chunk=chunk)
    place = torch.tensor([0.2, -0.1, 4.0])
    some["prior"] = 1000 * (0.3 * torch.randn(examples, chunk, 17, 3) + place)
    return some


def real_and_lifted(method, some):
    """Inputs of every critic, by its name: poses of the prior, and those that are lifted now."""
    real = centre(some["prior"], ROOT) / 1000
    with torch.no_grad():
        lifted = method.generate(some).pose
    views = {"pose": lambda pose: pose.flatten(0, 1), "motion": lambda pose: pose}
    return {name: (views[name](real), views[name](lifted)) for name in method.critics}


def mean_score(method, name, poses):
    with torch.no_grad():
        return method.critics[name](poses).mean().item()


def copied(net):
    return [parameter.detach().clone() for parameter in net.parameters()]


@both
def test_a_step_of_the_critics_raises_real_poses_above_lifted_ones(make):
    method = without_trainer(make(n_critic=2, penalty=0.0), 1.0, 1e-3)
    some = made_batch(method)
    seen, generator = real_and_lifted(method, some), copied(method.generator)

    def gaps():
        return {
            name: mean_score(method, name, real) - mean_score(method, name, lifted)
            for name, (real, lifted) in seen.items()
        }

    before = gaps()
    method.training_step(some, 0)
    after = gaps()
    assert all(after[name] > before[name] + 1e-6 for name in before)
    for old, new in zip(generator, method.generator.parameters(), strict=True):
        assert torch.equal(old, new)


@both
def test_a_step_of_the_critics_is_the_gradient_of_a_reckoning_by_hand(make):
    """The Wasserstein distance, and the squared deviation of the slope between the two from one."""
    method = without_trainer(make(n_critic=2, penalty=7.0), 1.0, 1.0)
    some = made_batch(method)
    drawn = method.draw(some)["fractions"]
    expected = []
    for name, (real, lifted) in real_and_lifted(method, some).items():
        critic = method.critics[name]
        way = drawn[name].view(-1, *[1] * (real.dim() - 1))
        between = (way * real + (1 - way) * lifted).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        steepness = (slope.flatten(1).square().sum(1) + 1e-16).sqrt()
        loss = critic(lifted).mean() - critic(real).mean() + 7 * (steepness - 1).square().mean()
        expected += torch.autograd.grad(loss, list(critic.parameters()))
    before = copied(method.critics)
    method.training_step(some, 0)
    assert any(gradient.abs().max() > 1e-3 for gradient in expected)
    after = method.critics.parameters()
    for old, new, gradient in zip(before, after, expected, strict=True):
        torch.testing.assert_close(old - new, gradient, rtol=1e-2, atol=1e-4)


@both
def test_a_step_of_the_generator_raises_what_the_critics_think_of_its_poses(make):
    method = without_trainer(make(**ALMOST_NONE), 1e-3, 0.0)
    some = made_batch(method)

    def opinion():
        scores = {
            name: mean_score(method, name, lifted)
            for name, (_, lifted) in real_and_lifted(method, some).items()
        }
        return scores["pose"] + 0.5 * scores.get("motion", 0.0)

    opinions = [opinion()]
    for number in range(3):
        method.training_step(some, number)
        opinions.append(opinion())
    assert opinions == sorted(opinions)
    assert opinions[-1] > opinions[0] + 1e-6
