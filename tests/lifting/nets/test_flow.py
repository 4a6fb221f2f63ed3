import numpy as np
import pytest
import torch
from scipy import stats

from lifting.errors import InputError
from lifting.nets.coupling import random_rotation
from lifting.nets.flow import PoseFlow
from tests.lifting.nets.made_flow import fitted, poses, stirred, volume_only


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


PREPARATIONS = [
    {"standardise": False},
    {},
    {"root": 0},
    {"root": 2},
    {"root": 1, "drop_root": False, "standardise": False},
    {"root": 4, "pca": 8},
    {"root": 0, "pca": 8, "standardise": False},
]


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
