import math

import numpy as np
import pytest
import torch
from scipy import stats

from lifting.errors import InputError
from lifting.nets.coupling import random_rotation
from lifting.nets.flow import PoseFlow

PUBLISHED = "weights/elepose/model_inn_h36m_17j_pretrain_inn_gt_pca_bases_26_headnorm.pt"


@pytest.fixture
def double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def stirred(flow, amount=1.0):
    """The flow with all its parameters moved away from their start."""
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter += amount * 0.3 * torch.randn_like(parameter)
    return flow


def poses(number=2000, joints=5, root=0, seed=0):
    """Correlated poses, relative to the root, of which some joints vary far more than others."""
    draw = torch.Generator().manual_seed(seed)
    mixing = torch.randn(2 * joints, 2 * joints, generator=torch.Generator().manual_seed(99))
    scales = 10 ** torch.linspace(-2, 1, 2 * joints)
    x = torch.randn(number, 2 * joints, generator=draw) * scales @ mixing + torch.arange(2 * joints)
    if root is not None:
        x[:, 2 * root : 2 * root + 2] = 0
    return x.to(torch.get_default_dtype())


def volume_only(flow):
    """The flow with couplings that do nothing, so that its blocks are the rotations alone."""
    for name, parameter in flow.named_parameters():
        if "subnet.2" in name:
            torch.nn.init.zeros_(parameter)
    return flow


# --- the architecture ---


@pytest.mark.parametrize(
    ("dims", "trained", "stored"),
    [
        (34, 426_800, 445_296),
        (26, 328_304, 339_120),
        (22, 279_056, 286_800),
        (20, 254_432, 260_832),
        (14, 180_560, 183_696),
    ],
)
def test_sizes_are_those_of_the_published_flows(dims, trained, stored):
    """Trained values; stored ones count each rotation and its inverse."""
    flow = PoseFlow(dims, standardise=False)
    assert sum(p.numel() for p in flow.parameters() if p.requires_grad) == trained
    assert sum(t.numel() for t in flow.state_dict().values()) == stored


def by_hand(flow, x):
    """The blocks from their definition, one vector at a time, scale and rotation apart."""
    state, outputs = flow.state_dict(), []
    for row in x:
        log_det = torch.zeros(())
        for block in range(len({k.split(".")[3] for k in state if ".blocks." in k})):
            w = {k.split(f"blocks.{block}.")[1]: v for k, v in state.items() if f"s.{block}." in k}
            half = len(row) - len(row) // 2
            hidden = (w["subnet.0.weight"] @ row[:half] + w["subnet.0.bias"]).clamp(min=0)
            s, t = (0.1 * (w["subnet.2.weight"] @ hidden + w["subnet.2.bias"])).tensor_split(2)
            row = torch.cat((row[:half], row[half:] * torch.exp(2 * torch.tanh(s)) + t))
            scale = 0.1 * 2 * torch.log(1 + torch.exp(w["global_scale"][0] / 2))
            row = w["w_perm"] @ (row * scale + w["global_offset"][0])
            log_det = log_det + 2 * torch.tanh(s).sum() + torch.log(scale).sum()
        outputs.append((row, log_det))
    latents, log_dets = zip(*outputs, strict=True)
    return torch.stack(latents), torch.stack(log_dets)


@pytest.mark.parametrize("dims", [2, 7, 10])
def test_blocks_are_what_the_papers_define(double, dims):
    flow = stirred(PoseFlow(dims, hidden=16, blocks=3, standardise=False))
    x = torch.randn(4, dims)
    latents, log_dets = by_hand(flow, x)
    torch.testing.assert_close(flow.to_latent(x), latents)
    normal = stats.norm.logpdf(latents).sum(1)
    np.testing.assert_allclose(flow.log_prob(x).detach(), normal + log_dets.numpy(), rtol=1e-10)


def test_a_fresh_scale_is_one_and_a_fresh_offset_zero(double):
    flow = volume_only(PoseFlow(6, hidden=4, standardise=False))
    x = torch.randn(50, 6)
    torch.testing.assert_close(flow.to_latent(x).norm(dim=1), x.norm(dim=1))
    np.testing.assert_allclose(flow.log_prob(x).detach(), stats.norm.logpdf(x).sum(1))


# --- invariants ---

PREPARATIONS = [
    {"standardise": False},
    {},
    {"root": 0},
    {"root": 2},
    {"root": 1, "drop_root": False, "standardise": False},
    {"root": 4, "pca": 8},
    {"root": 0, "pca": 8, "standardise": False},
]


def fitted(root=None, **options):
    flow = stirred(PoseFlow(10, root=root, hidden=32, blocks=4, **options))
    flow.fit(poses(root=root))
    return flow


@pytest.mark.parametrize("options", PREPARATIONS)
def test_inverse_after_forward_is_identity(double, options):
    flow = fitted(**options)
    x = poses(100, root=options.get("root"), seed=1)
    torch.testing.assert_close(flow.from_latent(flow.to_latent(x)), x, rtol=1e-9, atol=1e-10)
    z = torch.randn(100, flow.latent_dims)
    if options.get("drop_root", True):
        torch.testing.assert_close(flow.to_latent(flow.from_latent(z)), z, rtol=1e-8, atol=1e-10)


def test_inverse_after_forward_is_identity_in_single_precision():
    flow = stirred(PoseFlow(34, root=0), amount=0.05)
    x = torch.randn(256, 34)
    x[:, :2] = 0
    torch.testing.assert_close(flow.from_latent(flow.to_latent(x)), x, rtol=0, atol=1e-4)


def informative(options):
    root = options.get("root")
    drop = root is not None and options.get("drop_root", True)
    return [i for i in range(10) if not drop or i // 2 != root]


@pytest.mark.parametrize("options", [o for o in PREPARATIONS if "pca" not in o])
def test_log_determinant_is_that_of_the_jacobian(double, options):
    flow = fitted(**options)
    x = poses(6, root=options.get("root"), seed=1)
    summed = torch.autograd.functional.jacobian(lambda rows: flow.to_latent(rows).sum(0), x)
    jacobian = summed.movedim(1, 0)
    expected = torch.linalg.slogdet(jacobian[:, :, informative(options)]).logabsdet
    normal = stats.norm.logpdf(flow.to_latent(x).detach()).sum(1)
    np.testing.assert_allclose(
        flow.log_prob(x).detach().numpy() - normal, expected, rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("options", PREPARATIONS)
def test_forward_and_inverse_have_opposite_log_determinants(double, options):
    transform = fitted(**options).flow._transform
    z, log_det = transform(poses(20, root=options.get("root"), seed=1))
    torch.testing.assert_close(transform.inverse(z)[1], -log_det)


def test_every_parameter_gets_a_gradient_and_so_do_the_poses():
    flow = fitted(root=0)
    x = poses(20, seed=1).requires_grad_()
    flow(x).mean().backward()
    assert all(p.grad is not None and p.grad.any() for p in flow.parameters())
    assert x.grad[:, 2:].all()
    assert not x.grad[:, :2].any()


def test_saved_and_loaded_it_is_the_same_flow(tmp_path):
    flow, other = fitted(root=0, pca=6), PoseFlow(10, root=0, hidden=32, blocks=4, pca=6)
    torch.save(flow.state_dict(), tmp_path / "flow.pt")
    other.load_state_dict(torch.load(tmp_path / "flow.pt", weights_only=True))
    x = poses(20, seed=1)
    assert torch.equal(other.log_prob(x), flow.log_prob(x))
    first, second = (f.sample(5, generator=torch.Generator().manual_seed(1)) for f in (flow, other))
    assert torch.equal(first, second)


def test_torchs_seed_alone_decides_how_a_flow_starts():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    states = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        states.append(PoseFlow(10, hidden=8).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    rotations = [name for name in states[0] if "w_perm" in name]
    assert len(rotations) == 16
    assert not any(torch.equal(states[0][name], states[2][name]) for name in rotations)
    # scipy draws its rotations from numpy's global generator.
    assert (np.random.get_state()[1] == before).all()


def test_rotations_are_uniform_in_the_special_orthogonal_group():
    rotations = torch.stack([random_rotation(3) for _ in range(1500)])
    identity = torch.eye(3, dtype=torch.float64).expand_as(rotations)
    torch.testing.assert_close(rotations @ rotations.mT, identity)
    torch.testing.assert_close(torch.linalg.det(rotations), torch.ones(1500, dtype=torch.float64))
    # The angle of a uniform rotation has density (1 - cos θ) / π.
    trace = rotations.diagonal(dim1=1, dim2=2).sum(1)
    angles = ((trace - 1) / 2).clamp(-1, 1).acos()
    assert stats.kstest(angles, lambda a: (a - np.sin(a)) / np.pi).pvalue > 0.01
    # Each column is uniform on the sphere, hence each entry on [-1, 1] (Archimedes).
    for entry in rotations.flatten(1).T:
        assert stats.kstest(entry, stats.uniform(-1, 2).cdf).pvalue > 1e-4


# --- likelihoods ---


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


# --- sampling ---


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
    moved = flow.to_latent(flow.resample(x, generator=draw, **options)).detach()
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
    flow = PoseFlow(10, root=2, hidden=4)
    flow.fit(x)
    ratio = (flow.perturb(x, 0.1) - x).std(0) / x.std(0)
    kept = [0, 1, 2, 3, 6, 7, 8, 9]
    torch.testing.assert_close(ratio[kept], torch.full((8,), 0.1), rtol=0.03, atol=0)
    assert not flow.perturb(x, 0.1)[:, 4:6].any()
    raw = PoseFlow(10, root=2, hidden=4, standardise=False)
    noise = (raw.perturb(x, 0.1) - x).std(0)[kept]
    torch.testing.assert_close(noise, torch.full((8,), 0.1), rtol=0.03, atol=0)


def test_a_generator_makes_draws_repeatable_and_spares_the_global_one():
    flow, x = fitted(root=0), poses(20, seed=1)
    before = torch.get_rng_state()

    def draws(seed):
        draw = torch.Generator().manual_seed(seed)
        return flow.sample(3, generator=draw), flow.resample(x, generator=draw)

    for first, again, other in zip(draws(1), draws(1), draws(2), strict=True):
        assert torch.equal(first, again)
        assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)


# --- bad input ---


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dims": 34, "root": 17}, "root: a pose of 34 values has no joint 17"),
        ({"dims": 34, "root": -1}, "no joint -1"),
        ({"dims": 33, "root": 0}, "even number"),
        ({"dims": 34, "root": 0, "pca": 34}, "pca: 34 components of 32 values"),
        ({"dims": 34, "pca": 1}, "ask for 2 to 34"),
        ({"dims": 2, "root": 0}, "0 dims without the root"),
        ({"dims": 34, "blocks": 0}, "blocks 0"),
        ({"dims": 34, "hidden": 0}, "hidden 0"),
    ],
)
def test_impossible_sizes_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        PoseFlow(**options)


def test_poses_of_another_length_are_refused():
    flow = PoseFlow(10, root=0, hidden=4)
    for call in (flow.log_prob, flow.nll, flow.to_latent, flow.resample, flow.fit):
        with pytest.raises(
            InputError, match=r"oses of shape \(3, 8\): this flow takes \(batch, 10\)"
        ):
            call(torch.zeros(3, 8))
    with pytest.raises(InputError, match=r"Latent vectors of shape \(3, 10\).*\(batch, 8\)"):
        flow.from_latent(torch.zeros(3, 10))


def test_unfit_training_poses_are_refused_and_leave_the_statistics_alone():
    flow, projected = PoseFlow(10, root=0, hidden=4), PoseFlow(10, root=0, hidden=4, pca=8)
    before = {name: value.clone() for name, value in projected.state_dict().items()}
    with pytest.raises(InputError, match="not relative to joint 0"):
        flow.fit(poses(root=None))
    with pytest.raises(InputError, match="not finite"):
        flow.fit(poses() * torch.nan)
    with pytest.raises(InputError, match="there are none"):
        flow.fit(poses(0))
    stiff = poses()
    stiff[:, 6:] = stiff[:, 2:6]
    with pytest.raises(InputError, match="pca: the training poses vary in 4 directions only"):
        projected.fit(stiff)
    assert all(torch.equal(value, before[name]) for name, value in projected.state_dict().items())
    stiff[:, 6:] = 0.3
    with pytest.raises(InputError, match="standardise: 4 coordinates never vary"):
        flow.fit(stiff)
    with pytest.raises(InputError, match="drop_root: true"):
        PoseFlow(10, root=0, drop_root=False, hidden=4).fit(poses())


def test_draws_that_cannot_be_are_refused():
    flow, x = fitted(root=0), poses(3)
    with pytest.raises(InputError, match=r"kind gaussian, noise 0\.2: choose multiplicative"):
        flow.resample(x, kind="gaussian")
    with pytest.raises(InputError, match="at most 1 where tempered"):
        flow.resample(x, noise=1.5, kind="tempered")
    with pytest.raises(InputError, match=r"noise -0\.1: choose.*0 or more"):
        flow.resample(x, noise=-0.1)
    with pytest.raises(InputError, match="number 0"):
        flow.sample(0)
    with pytest.raises(InputError, match="temperature -1"):
        flow.sample(1, temperature=-1.0)


# --- FrEIA ---


def freia_state(flow):
    marker = "blocks."
    return {
        f"module_list.{name.split(marker)[1]}": value.clone()
        for name, value in flow.state_dict().items()
        if marker in name
    }


def test_an_imported_state_gives_the_flow_it_was_taken_from():
    flow = stirred(PoseFlow(10, hidden=8, blocks=3, standardise=False))
    other = PoseFlow(10, hidden=8, blocks=3, standardise=False)
    other.import_freia_state(freia_state(flow))
    x = torch.randn(20, 10)
    assert torch.equal(other.log_prob(x), flow.log_prob(x))


def test_a_foreign_state_is_refused_and_changes_nothing():
    flow = PoseFlow(10, hidden=8, blocks=3)
    before = {name: value.clone() for name, value in flow.state_dict().items()}
    good = freia_state(PoseFlow(10, hidden=8, blocks=3))
    name, rotation = "module_list.1.global_scale", "module_list.2.w_perm"
    for state, message in [
        ({n: v for n, v in good.items() if n != name}, f"1 entries are missing, such as {name}"),
        (good | {"vk_householder": torch.zeros(1)}, "unused, such as vk_householder"),
        (freia_state(PoseFlow(10, hidden=8, blocks=4)), "8 entries are unused.*of 3 blocks"),
        (freia_state(PoseFlow(10, hidden=9, blocks=3)), "9 entries are of another shape"),
        (good | {name: good[name] / 0}, f"not finite, such as {name}"),
        (good | {rotation: 2 * good[rotation]}, f"{rotation} is no rotation"),
        (good | {f"{rotation}_inv": good[rotation]}, f"{rotation}_inv not its inverse"),
        (
            good | {rotation: 2 * good[rotation], f"{rotation}_inv": good[f"{rotation}_inv"] / 2},
            "is no rotation",
        ),
    ]:
        with pytest.raises(InputError, match=message):
            flow.import_freia_state(state)
    assert all(torch.equal(value, before[n]) for n, value in flow.state_dict().items())


@pytest.mark.parametrize("dims", [7, 26])
def test_blocks_agree_with_freia(double, dims):
    framework = pytest.importorskip("FrEIA.framework")
    modules = pytest.importorskip("FrEIA.modules")

    def subnet(inputs, outputs):
        layers = torch.nn.Linear(inputs, 32), torch.nn.ReLU(), torch.nn.Linear(32, outputs)
        return torch.nn.Sequential(*layers)

    oracle = framework.SequenceINN(dims)
    for _ in range(8):
        oracle.append(modules.AllInOneBlock, subnet_constructor=subnet, permute_soft=True)
    for parameter in oracle.double().parameters():
        if parameter.requires_grad:
            parameter.data += 0.05 * torch.randn_like(parameter)
    flow = PoseFlow(dims, hidden=32, standardise=False)
    flow.import_freia_state(oracle.state_dict())
    x = torch.randn(256, dims)
    with torch.no_grad():
        expected, expected_det = oracle(x)
        z, log_det = flow.flow._transform(x)
        back, back_det = oracle(z, rev=True)
        ours, ours_det = flow.flow._transform.inverse(z)
    for got, wanted in [(z, expected), (log_det, expected_det), (ours, back), (ours_det, back_det)]:
        torch.testing.assert_close(got, wanted, rtol=0, atol=1e-9)


@pytest.mark.real
def test_the_published_flow_of_elepose_has_its_published_likelihoods(real_data):
    if not (real_data / PUBLISHED).is_file():
        pytest.skip(f"no {PUBLISHED} in {real_data}")
    state = torch.load(real_data / PUBLISHED, map_location="cpu", weights_only=True)
    flow = PoseFlow(26, standardise=False)
    flow.import_freia_state(state)
    with torch.no_grad():
        x = flow.sample(4096)
        assert flow.nll(x).mean().item() == pytest.approx(-110.9, abs=0.5)
        assert flow.nll(torch.zeros(1, 26)).item() == pytest.approx(-122.6, abs=0.1)
        z = flow.to_latent(x)
        assert (flow.from_latent(z) - x).abs().max() < 1e-3
        assert (flow.to_latent(flow.from_latent(z)) - z).abs().max() < 1e-3
    for name, rotation in state.items():
        if name.endswith("w_perm"):
            torch.testing.assert_close(rotation @ rotation.T, torch.eye(26), rtol=0, atol=1e-6)
