import math

import numpy as np
import pytest
import torch
from scipy import stats

from lifting.nets.flow import PoseFlow
from tests.lifting.nets.made_flow import fitted, poses, stirred, volume_only


def test_the_density_integrates_to_one(double):
    flow = stirred(PoseFlow(4, root=1, hidden=16, blocks=3))
    points = poses(500, joints=2, root=1)
    flow.fit(points)
    # A grid over the plane of the one free joint, as wide as the samples reach.
    samples = flow.sample(20000)[:, :2]
    low, high = samples.amin(0), samples.amax(0)
    low, high = low - (high - low) / 2, high + (high - low) / 2
    axes = [torch.linspace(a, b, 300) for a, b in zip(low, high, strict=True)]
    grid = torch.cat((torch.cartesian_prod(*axes), torch.zeros(300**2, 2)), dim=1)
    cell = ((high - low) / 299).prod()
    assert (flow.log_prob(grid).exp().sum() * cell).item() == pytest.approx(1, abs=2e-3)


def test_standardised_likelihoods_are_those_of_the_poses_as_they_are(double):
    """With couplings that do nothing the model is a diagonal Gaussian with the data's moments."""
    x, new = poses(3000, root=1), poses(50, root=1, seed=1)
    flow = volume_only(PoseFlow(10, root=1, hidden=8))
    flow.fit(x)
    kept = [0, 1, *range(4, 10)]
    model = stats.norm(x[:, kept].numpy().mean(0), x[:, kept].numpy().std(0))
    np.testing.assert_allclose(
        flow.log_prob(new).detach(), model.logpdf(new[:, kept]).sum(1), rtol=1e-9
    )


@pytest.mark.parametrize("drop_root", [True, False])
def test_whitened_components_model_the_full_gaussian(double, drop_root):
    x, new = poses(3000), poses(50, seed=1)
    flow = volume_only(PoseFlow(10, root=0, drop_root=drop_root, hidden=8, pca=8))
    flow.fit(x)
    sample = x[:, 2:].numpy()
    model = stats.multivariate_normal(sample.mean(0), np.cov(sample.T, bias=True))
    np.testing.assert_allclose(flow.log_prob(new).detach(), model.logpdf(new[:, 2:]), rtol=1e-7)


@pytest.mark.parametrize("standardise", [True, False])
def test_projected_likelihoods_are_those_of_the_leading_coefficients(double, standardise):
    x, new = poses(3000), poses(50, seed=1)
    flow = volume_only(PoseFlow(10, root=0, hidden=8, pca=3, standardise=standardise))
    flow.fit(x)
    sample = x[:, 2:].numpy()
    _, singular, right = np.linalg.svd(sample - sample.mean(0), full_matrices=False)
    coefficients = (new[:, 2:].numpy() - sample.mean(0)) @ right[:3].T
    deviation = singular[:3] / len(sample) ** 0.5 if standardise else np.ones(3)
    expected = stats.norm(0, deviation).logpdf(coefficients).sum(1)
    np.testing.assert_allclose(flow.log_prob(new).detach(), expected, rtol=1e-8)
    # Back in the space of poses, what is left is the projection on those components.
    projected = coefficients @ right[:3] + sample.mean(0)
    back = flow.from_latent(flow.to_latent(new)).detach()
    np.testing.assert_allclose(back[:, 2:], projected, rtol=1e-8, atol=1e-8)


def test_components_are_orthonormal_and_their_largest_entry_is_positive(double):
    components = fitted(root=0, pca=8).flow._transform.preparation.components
    torch.testing.assert_close(components @ components.T, torch.eye(8))
    assert (components.max(1).values == components.abs().max(1).values).all()


def test_statistics_do_not_depend_on_the_pieces_they_are_taken_in():
    x = poses(65536 + 500, joints=3) + torch.tensor([0, 0, 500, 500, 500, 500])
    flow = PoseFlow(6, root=0, hidden=4)
    flow.fit(x)
    exact = x[:, 2:].double().numpy()
    np.testing.assert_allclose(flow.flow._transform.preparation.mean, exact.mean(0), rtol=1e-6)
    np.testing.assert_allclose(flow.flow._transform.preparation.deviation, exact.std(0), rtol=1e-5)


def test_nll_is_the_negative_log_likelihood_without_its_constant():
    flow = fitted(root=0, pca=6)
    x = poses(20, seed=1)
    torch.testing.assert_close(flow.nll(x), -flow.log_prob(x) - 3 * math.log(2 * math.pi))
    assert torch.equal(flow(x), flow.nll(x))


def trained(flow, draw, steps):
    optimizer = torch.optim.Adam(flow.parameters(), lr=2e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        flow(draw(256)).mean().backward()
        optimizer.step()
        schedule.step()
    return flow


def test_likelihood_approaches_its_optimum_and_does_not_pass_it():
    """The gap to the true density, averaged over its samples, is a Kullback-Leibler divergence."""
    mixing = torch.randn(4, 4) + torch.eye(4)
    normal = stats.multivariate_normal(np.zeros(4), (mixing.T @ mixing).numpy())

    def draw(number):
        return torch.cat((torch.zeros(number, 2), torch.randn(number, 4) @ mixing), dim=1)

    flow = PoseFlow(6, root=0, hidden=32, blocks=4)
    flow.fit(draw(4000))
    x = draw(20000)

    def gap():
        return (torch.from_numpy(normal.logpdf(x[:, 2:])) - flow.log_prob(x)).mean().item()

    assert gap() > 0.5
    trained(flow, draw, 150)
    assert -0.003 < gap() < 0.03


def test_with_the_root_the_likelihood_passes_every_bound():
    def draw(number):
        return torch.cat((torch.zeros(number, 2), torch.randn(number, 2)), dim=1)

    flow = PoseFlow(4, root=0, drop_root=False, standardise=False, hidden=16, blocks=4)
    bound = -stats.multivariate_normal(np.zeros(2)).entropy()
    assert flow.log_prob(draw(2000)).mean() < bound
    assert trained(flow, draw, 100).log_prob(draw(2000)).mean() > bound + 1


def test_under_autocast_log_determinants_stay_those_of_full_precision():
    flow = stirred(PoseFlow(34, root=0), amount=0.1)
    x = torch.randn(512, 34)
    x[:, :2] = 0
    with torch.no_grad():
        exact, exact_det = flow.flow._transform(x)
        log_prob = flow.log_prob(x)
        with torch.autocast("cpu", torch.bfloat16):
            z, log_det = flow.flow._transform(x)
            low = flow.log_prob(x)
            back = flow.from_latent(z)
    assert z.dtype == log_det.dtype == low.dtype == back.dtype == torch.float32
    assert not torch.equal(log_det, exact_det)  # the subnets do run in bfloat16
    assert (log_det - exact_det).abs().max() < 0.05
    assert (low - log_prob).mean().abs() < 0.05
    assert (z - exact).abs().max() < 0.02
    # What bfloat16 rounds, it rounds alike in both directions.
    assert (back - x).abs().max() < 0.05


def test_low_precision_input_is_taken_to_the_precision_of_the_parameters():
    flow, x = fitted(root=0), poses(20, seed=1).bfloat16()
    assert torch.equal(flow.log_prob(x), flow.log_prob(x.float()))


def test_samples_follow_the_density(double):
    x = poses(5000)
    flow = volume_only(PoseFlow(10, root=0, hidden=8, pca=8))
    flow.fit(x)
    samples = flow.sample(40000).numpy()
    assert not samples[:, :2].any()
    mean, covariance = x.numpy().mean(0), np.cov(x.numpy().T)
    deviation = covariance.diagonal() ** 0.5
    np.testing.assert_array_less(np.abs(samples.mean(0) - mean)[2:], 0.03 * deviation[2:])
    error = np.abs(np.cov(samples.T) - covariance)[2:, 2:]
    np.testing.assert_array_less(error, 0.04 * np.outer(deviation, deviation)[2:, 2:])


def test_temperature_is_the_deviation_of_the_latents(double):
    flow = fitted(root=0)
    for temperature in (0.0, 0.7, 1.3):
        z = flow.to_latent(flow.sample(20000, temperature=temperature)).detach()
        assert z.std().item() == pytest.approx(temperature, rel=0.01, abs=1e-8)


def resampled(flow, x, **options):
    z = flow.to_latent(x).detach()
    draw = torch.Generator().manual_seed(7)
    moved = flow.to_latent(
        flow.resample(x, gaussian=flow.gaussian(len(x), draw), **options)
    ).detach()
    noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(7))
    return z, moved, noise


def test_resampling_moves_the_latents_as_its_kind_says(double):
    flow, x = fitted(root=0), poses(30, seed=1)
    z, moved, noise = resampled(flow, x)
    torch.testing.assert_close(moved, z * (1 + 0.2 * noise), rtol=1e-6, atol=1e-8)
    z, moved, noise = resampled(flow, x, kind="additive", noise=0.3)
    torch.testing.assert_close(moved, z + 0.3 * noise, rtol=1e-6, atol=1e-8)
    z, moved, noise = resampled(flow, x, kind="tempered", noise=0.6)
    torch.testing.assert_close(moved, 0.8 * z + 0.6 * noise, rtol=1e-6, atol=1e-8)


def test_only_tempered_noise_leaves_a_standard_normal_one(double):
    flow = fitted(root=0)
    x = flow.sample(10000)
    z, spread = flow.to_latent(x).detach(), {}
    for kind in ("multiplicative", "additive", "tempered"):
        moved = flow.to_latent(flow.resample(x, noise=0.5, kind=kind)).detach()
        spread[kind] = moved.std().item()
    assert spread["multiplicative"] == pytest.approx(1.25**0.5, rel=0.01)
    assert spread["additive"] == pytest.approx(1.25**0.5, rel=0.01)
    assert spread["tempered"] == pytest.approx(1, rel=0.01)
    free = flow.to_latent(flow.resample(x, noise=1.0, kind="tempered")).detach()
    assert abs(np.corrcoef(z.flatten(), free.flatten())[0, 1]) < 0.01


@pytest.mark.parametrize("drop_root", [True, False])
def test_generated_poses_have_their_root_at_zero_and_no_gradient(drop_root):
    flow = fitted(root=2, drop_root=drop_root, standardise=False)
    x = poses(20, root=2, seed=1).requires_grad_()
    for generated in (flow.sample(20), flow.resample(x)):
        assert not generated[:, 4:6].any()
        assert generated.std(0)[[0, 1, 2, 3, 6, 7, 8, 9]].all()
        assert not generated.requires_grad


def test_perturbation_is_in_deviations_of_the_training_poses():
    x = poses(20000, root=2)
    flow = PoseFlow(10, root=2, hidden=4, noise=0.1)
    flow.fit(x)
    ratio = (flow.perturb(x) - x).std(0) / x.std(0)
    kept = [0, 1, 2, 3, 6, 7, 8, 9]
    torch.testing.assert_close(ratio[kept], torch.full((8,), 0.1), rtol=0.03, atol=0)
    assert not flow.perturb(x)[:, 4:6].any()
    raw = PoseFlow(10, root=2, hidden=4, standardise=False, noise=0.1)
    noise = (raw.perturb(x) - x).std(0)[kept]
    torch.testing.assert_close(noise, torch.full((8,), 0.1), rtol=0.03, atol=0)


def test_a_generator_makes_draws_repeatable_and_spares_the_global_one():
    flow = fitted(root=0)
    before = torch.get_rng_state()

    def draws(seed):
        draw = torch.Generator().manual_seed(seed)
        return flow.sample(3, generator=draw), flow.gaussian(20, draw)

    for first, again, other in zip(draws(1), draws(1), draws(2), strict=True):
        assert torch.equal(first, again)
        assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)
