import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation, Slerp

from lifting.errors import InputError
from lifting.nets.flow import PoseFlow
from lifting.nets.latent_walk import latent_walk, slerp


@pytest.fixture
def poses():
    x = torch.randn(64, 5, 2, generator=torch.Generator().manual_seed(3))
    x[:, 0] = 0
    return x


@pytest.fixture
def flow(poses):
    flow = PoseFlow(dims=10, root=0, hidden=16, blocks=3)
    flow.fit(poses.flatten(1))
    with torch.no_grad():
        for parameter in flow.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return flow


def walk(flow, poses, **options):
    options = {"noise": 0.3, "generator": torch.Generator().manual_seed(1)} | options
    return latent_walk(flow, poses[:4], **options)


def test_without_noise_neighbours_are_the_poses_themselves(flow, poses):
    result = walk(flow, poses, noise=0.0, neighbours=2)
    np.testing.assert_array_equal(result.original, poses[:4].numpy())
    np.testing.assert_allclose(result.reconstructed, result.original, atol=1e-3)
    np.testing.assert_allclose(
        result.neighbours, np.repeat(result.original[:, None], 2, 1), atol=1e-3
    )


def test_noise_moves_every_neighbour_in_latent_space(flow, poses):
    """Additive noise of known deviation is found again by encoding the neighbours."""
    result = walk(flow, poses, kind="additive", noise=0.3, neighbours=500)
    assert (np.abs(result.neighbours - result.original[:, None]).max((2, 3)) > 1e-3).all()
    with torch.no_grad():
        around = flow.to_latent(torch.from_numpy(result.neighbours).flatten(0, 1).flatten(1))
        z = flow.to_latent(poses[:4].flatten(1))
    moved = around.unflatten(0, (4, 500)) - z[:, None]
    assert moved.std().item() == pytest.approx(0.3, rel=0.05)


def test_interpolations_begin_at_a_pose_and_end_at_the_next(flow, poses):
    result = walk(flow, poses, steps=5)
    assert result.interpolations.shape == (4, 5, 5, 2)
    np.testing.assert_allclose(result.interpolations[:, 0], result.original, atol=1e-3)
    np.testing.assert_allclose(result.interpolations[:3, -1], result.original[1:], atol=1e-3)
    np.testing.assert_allclose(result.interpolations[3, -1], result.original[0], atol=1e-3)
    between = np.diff(result.interpolations, axis=1)
    assert (np.abs(between).max((2, 3)) > 1e-3).all()


def test_samples_differ_from_each_other_and_follow_the_generator(flow, poses):
    samples = walk(flow, poses, samples=6).samples
    assert samples.shape == (6, 5, 2)
    distances = np.abs(samples[:, None] - samples[None]).max((2, 3))
    assert (distances + np.eye(6) > 1e-2).all()
    np.testing.assert_array_equal(samples, walk(flow, poses, samples=6).samples)


def test_great_circle_is_that_of_unit_quaternions():
    ends = Rotation.random(2, rng=np.random.default_rng(0))
    quaternions = torch.from_numpy(ends.as_quat())
    if quaternions[0] @ quaternions[1] < 0:
        quaternions[1] = -quaternions[1]
    share = torch.linspace(0, 1, 7, dtype=torch.float64)
    path = slerp(quaternions[:1], quaternions[1:], share)[0]
    expected = torch.from_numpy(Slerp([0, 1], ends)(share.numpy()).as_quat())
    # A rotation has two quaternions.
    assert ((path * expected).sum(-1).abs() - 1).abs().max() < 1e-12


def test_vectors_in_one_line_are_interpolated_straight():
    start = torch.tensor([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]])
    end = torch.tensor([[3.0, 6.0], [-1.0, -2.0], [0.0, 0.0]])
    path = slerp(start, end, torch.tensor([0.0, 0.5, 1.0]))
    torch.testing.assert_close(path[:, 0], start)
    torch.testing.assert_close(path[:, 1], (start + end) / 2, atol=1e-3, rtol=0)
    torch.testing.assert_close(path[:, 2], end)


@pytest.mark.parametrize(
    ("options", "named"),
    [({"steps": 1}, "steps 1"), ({"samples": 0}, "samples 0"), ({"kind": "loud"}, "kind loud")],
)
def test_what_cannot_be_is_refused(flow, poses, options, named):
    with pytest.raises(InputError, match=named):
        walk(flow, poses, **options)
