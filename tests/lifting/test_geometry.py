import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from lifting import geometry
from lifting.geometry import (
    Similarity,
    bone_lengths,
    centre,
    head_scale,
    mirror,
    optimal_scale,
    quaternion_to_matrix,
    rotate,
    rotation_x,
    rotation_y,
    rotation_z,
    similarity_alignment,
)
from lifting.skeletons import skeleton

H36M = skeleton("h36m17")
AXES = {"x": rotation_x, "y": rotation_y, "z": rotation_z}
angles = st.floats(-10, 10, allow_nan=False)


def umeyama(source, target, reflection):
    """One pose, by the text of Umeyama 1991 and scipy's SVD."""
    mean_x, mean_y = source.mean(0), target.mean(0)
    x, y = source - mean_x, target - mean_y
    covariance = sum(np.outer(b, a) for a, b in zip(x, y, strict=True)) / len(x)
    u, d, vt = scipy.linalg.svd(covariance)
    s = np.eye(3)
    if not reflection and scipy.linalg.det(u) * scipy.linalg.det(vt) < 0:
        s[2, 2] = -1
    rotation = u @ s @ vt
    scale = np.trace(np.diag(d) @ s) / (x**2).sum(1).mean()
    return scale, rotation, mean_y - scale * rotation @ mean_x


def random_poses(*shape, dtype=torch.float64):
    return 200 * torch.randn(*shape, 17, 3, dtype=dtype)


def random_rotations(count):
    return torch.from_numpy(Rotation.random(count, random_state=0).as_matrix())


def test_centring_puts_the_root_at_the_origin_and_keeps_differences():
    pose = random_poses(4, 2)
    moved = centre(pose, 3)
    assert moved[..., 3, :].abs().max() == 0
    torch.testing.assert_close(
        moved[..., 5, :] - moved[..., 7, :], pose[..., 5, :] - pose[..., 7, :]
    )


@pytest.mark.parametrize("axis", AXES)
@given(angle=angles)
def test_rotations_about_the_axes_are_scipys(axis, angle):
    expected = Rotation.from_euler(axis, angle).as_matrix()
    got = AXES[axis](torch.tensor(angle, dtype=torch.float64))
    np.testing.assert_allclose(got, expected, atol=1e-12)


def test_rotations_are_active_and_right_handed():
    quarter = torch.tensor(torch.pi / 2, dtype=torch.float64)
    basis = torch.eye(3, dtype=torch.float64)
    for axis, turn in enumerate((rotation_x, rotation_y, rotation_z)):
        following, last = basis[(axis + 1) % 3], basis[(axis + 2) % 3]
        torch.testing.assert_close(rotate(following[None], turn(quarter))[0], last)


def test_rotating_a_batch_is_rotating_each_joint():
    pose, rotation = random_poses(5), random_rotations(5)
    expected = np.stack(
        [
            Rotation.from_matrix(r).apply(p)
            for r, p in zip(rotation.numpy(), pose.numpy(), strict=True)
        ]
    )
    np.testing.assert_allclose(rotate(pose, rotation), expected, atol=1e-10)
    torch.testing.assert_close(rotate(pose, rotation[:1])[3], rotate(pose[3], rotation[0]))


@given(st.tuples(*[st.floats(-100, 100)] * 4).filter(lambda q: np.linalg.norm(q) > 1e-3))
def test_quaternions_of_any_length_are_scipys(quaternion):
    expected = Rotation.from_quat(quaternion, scalar_first=True).as_matrix()
    got = quaternion_to_matrix(torch.tensor(quaternion, dtype=torch.float64))
    np.testing.assert_allclose(got, expected, atol=1e-12)


@pytest.mark.parametrize("reflection", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 2e-3)])
@pytest.mark.parametrize("mirrored", [False, True])
def test_alignment_is_that_of_an_implementation_pose_by_pose(
    reflection, dtype, tolerance, mirrored
):
    source = random_poses(3, 10)
    target = random_poses(3, 10) + 0.5 * source * (torch.tensor([-1.0, 1, 1]) if mirrored else 1)
    target = target + 1000
    got = similarity_alignment(source.to(dtype), target.to(dtype), reflection)
    moved = got(source.to(dtype))
    assert moved.dtype == dtype
    for i in np.ndindex(3, 10):
        scale, rotation, shift = umeyama(source[i].numpy(), target[i].numpy(), reflection)
        expected = scale * source[i].numpy() @ rotation.T + shift
        np.testing.assert_allclose(moved[i], expected, atol=tolerance * 500)
        np.testing.assert_allclose(got.rotation[i], rotation, atol=tolerance)
        np.testing.assert_allclose(got.scale[i], scale, atol=tolerance)
        np.testing.assert_allclose(got.translation[i], shift, atol=tolerance * 1000)


def test_alignment_rotation_is_scipys():
    source, target = random_poses(20), random_poses(20)
    got = similarity_alignment(source, target).rotation
    for i in range(20):
        a, b = (p[i].numpy() - p[i].numpy().mean(0) for p in (source, target))
        expected = Rotation.align_vectors(b, a)[0].as_matrix()
        np.testing.assert_allclose(got[i], expected, atol=1e-7)


def test_alignment_is_the_minimum_of_the_squared_distance():
    source, target = random_poses(), random_poses()
    best = (similarity_alignment(source, target)(source) - target).square().sum().item()

    def loss(x):
        rotation = Rotation.from_rotvec(x[:3]).as_matrix()
        return ((abs(x[3]) * source.numpy() @ rotation.T + x[4:] - target.numpy()) ** 2).sum()

    rng = np.random.default_rng(0)
    starts = [np.r_[rng.normal(0, 2, 3), 0.2, target.numpy().mean(0)] for _ in range(8)]
    found = min(scipy.optimize.minimize(loss, x, method="BFGS").fun for x in starts)
    assert best == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize("planar", [False, True])
def test_alignment_recovers_a_known_similarity(planar):
    source = random_poses(10)
    if planar:
        source[..., 2] = 0
    known = Similarity(
        torch.rand(10, dtype=torch.float64) + 0.5,
        random_rotations(10),
        1000 * torch.randn(10, 3, dtype=torch.float64),
    )
    found = similarity_alignment(source, known(source))
    for value, expected in zip(found, known, strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-9, atol=1e-7)


def test_a_mirrored_pose_is_forgiven_only_with_reflection():
    source = random_poses(10)
    target = source * torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64)

    def error(reflection):
        aligned = similarity_alignment(source, target, reflection)
        return (aligned(source) - target).norm(dim=-1).mean(-1)

    assert error(True).max() < 1e-9
    assert error(False).min() > 20
    determinant = torch.linalg.det(similarity_alignment(source, target).rotation)
    torch.testing.assert_close(determinant, torch.ones_like(determinant))
    determinant = torch.linalg.det(similarity_alignment(source, target, True).rotation)
    torch.testing.assert_close(determinant, -torch.ones_like(determinant))


@pytest.mark.parametrize("mirrored", [False, True])
def test_gradient_of_the_alignment_is_that_of_finite_differences(mirrored):
    source = torch.randn(2, 6, 3, dtype=torch.float64, requires_grad=True)
    target = source.detach() + 0.3 * torch.randn(2, 6, 3, dtype=torch.float64)
    target = target * torch.tensor([-1.0 if mirrored else 1.0, 1, 1], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: similarity_alignment(x, target)(x), (source,))


def test_alignment_of_a_pose_without_extent_is_finite():
    target = random_poses(2)
    source = torch.ones_like(target)
    moved = similarity_alignment(source, target)(source)
    torch.testing.assert_close(moved, target.mean(-2, keepdim=True).expand_as(target))


def test_alignment_in_autocast_keeps_its_precision():
    source, target = random_poses(4, dtype=torch.float32), random_poses(4, dtype=torch.float32)
    expected = similarity_alignment(source, target)(source)
    with torch.autocast("cpu", torch.bfloat16):
        got = similarity_alignment(source, target)(source)
    assert torch.equal(got, expected)


@pytest.mark.parametrize("coordinates", [2, 3])
def test_optimal_scale_is_the_minimum_found_by_search(coordinates):
    source = torch.randn(5, 17, coordinates, dtype=torch.float64)
    target = 3 * source + torch.randn(5, 17, coordinates, dtype=torch.float64)
    got = optimal_scale(source, target)
    for i in range(5):
        a, b = source[i].numpy(), target[i].numpy()
        found = scipy.optimize.minimize_scalar(lambda s, a=a, b=b: ((s * a - b) ** 2).sum())
        assert got[i].item() == pytest.approx(found.x, abs=1e-6)


def test_norm_ratio_gives_the_pose_the_norm_of_its_target():
    source, target = random_poses(5), random_poses(5)
    scaled = optimal_scale(source, target, norm_ratio=True)[:, None, None] * source
    expected = [scipy.linalg.norm(pose) for pose in target.numpy()]
    np.testing.assert_allclose([scipy.linalg.norm(p) for p in scaled.numpy()], expected)


@pytest.mark.parametrize("norm_ratio", [False, True])
def test_scale_of_a_pose_without_extent_is_finite(norm_ratio):
    scale = optimal_scale(torch.zeros(1, 17, 3), torch.zeros(1, 17, 3), norm_ratio)
    assert scale.tolist() == [0.0]


def test_mirroring_negates_x_and_exchanges_the_sides():
    pose = random_poses()
    mirrored = mirror(pose, H36M.mirror)
    left, right = H36M.index("left_knee"), H36M.index("right_knee")
    x, y, z = pose[right].tolist()
    assert mirrored[left].tolist() == [-x, y, z]
    x, y, z = pose[H36M.index("head")].tolist()
    assert mirrored[H36M.index("head")].tolist() == [-x, y, z]


def test_bone_lengths_are_distances_from_parent_to_child():
    pose = random_poses(4)
    lengths = bone_lengths(pose, H36M.bones)
    assert lengths.shape == (4, 16)
    for i, (parent, child) in enumerate(H36M.bones):
        expected = scipy.linalg.norm((pose[2, parent] - pose[2, child]).numpy())
        assert lengths[2, i].item() == pytest.approx(expected)


def test_head_scale_makes_the_mean_head_distance_a_tenth():
    keypoints = 1000 * torch.rand(50, 17, 2, dtype=torch.float64)
    scale = head_scale(keypoints, 0, 10)
    normalised = (keypoints / scale / 10).numpy()
    distances = np.hypot(*(normalised[:, 10] - normalised[:, 0]).T)
    assert distances.mean() == pytest.approx(0.1)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_alignment_of_flat_and_straight_poses_is_that_of_the_svd(dtype):
    """Covariances of rank two, one and zero, and nearly so, against a per-sample SVD."""
    torch.manual_seed(1)
    shrink = torch.tensor([[1, 1, 0], [1, 0, 0], [1, 1e-7, 1e-9], [1, 1e-3, 0], [0, 0, 0]])
    source = torch.randn(5, 17, 3, dtype=dtype) * shrink[:, None].to(dtype)
    turn = geometry.rotation_x(torch.tensor(0.7, dtype=dtype))
    target = 2 * geometry.rotate(source, turn.expand(5, 3, 3)) + 3
    aligned = geometry.similarity_alignment(source, target)(source)
    tolerance = 1e-12 if dtype == torch.float64 else 2e-5
    torch.testing.assert_close(aligned, target, atol=tolerance, rtol=tolerance)


def test_pose_with_nan_aligns_to_nan_and_leaves_the_others_alone():
    source, target = torch.randn(2, 3, 17, 3, dtype=torch.float64)
    expected = geometry.similarity_alignment(source, target)(source)
    broken = source.clone()
    broken[1, 4, 0] = torch.nan
    aligned = geometry.similarity_alignment(broken, target)(broken)
    assert aligned[1].isnan().any()
    torch.testing.assert_close(aligned[[0, 2]], expected[[0, 2]])
