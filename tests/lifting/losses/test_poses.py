import math

import numpy as np
import pytest
import torch

from lifting.losses.poses import (
    bone_length_gap,
    bone_ratio_loss,
    bone_ratios,
    capped,
    deformation_loss,
    joint_distance,
    reprojection_loss,
    scaled_joint_distance,
    smoothness_loss,
    trajectory_loss,
    velocity_loss,
)
from lifting.skeletons import skeleton
from tests.lifting.methods.test_simple_baseline import camera

BONES = skeleton("h36m17").bones


def test_ratios_are_lengths_over_their_mean():
    pose = torch.randn(3, 17, 3, dtype=torch.float64)
    for row, ratios in zip(pose, bone_ratios(pose, BONES), strict=True):
        lengths = [math.dist(row[p].tolist(), row[c].tolist()) for p, c in BONES]
        mean = sum(lengths) / len(lengths)
        assert ratios.tolist() == pytest.approx([length / mean for length in lengths])


def test_bone_loss_is_zero_for_the_average_person_of_any_size_and_counts_squares():
    pose = torch.randn(1, 17, 3)
    ratios = bone_ratios(pose, BONES)[0]
    assert bone_ratio_loss(7.5 * pose, BONES, ratios).item() == pytest.approx(0, abs=1e-9)
    other = ratios.clone()
    other[0] += 0.1
    other[5] -= 0.2
    assert bone_ratio_loss(pose, BONES, other).item() == pytest.approx(0.05, rel=1e-4)


def test_a_pose_in_a_point_has_a_finite_loss():
    assert bone_ratio_loss(torch.zeros(1, 17, 3), BONES, torch.ones(16)).isfinite().all()


@pytest.mark.parametrize("count", [4, 5, 1])
def test_deformation_compares_neighbours(count):
    pose, again = torch.randn(2, count, 17, 3)
    expected = [
        ((pose[i] - pose[i + 1]) - (again[i] - again[i + 1])).flatten().norm()
        for i in range(0, count - 1, 2)
    ]
    found = deformation_loss(pose, again)
    assert found.tolist() == pytest.approx([float(e) for e in expected], rel=1e-5)


def test_deformation_ignores_what_all_poses_share():
    pose = torch.randn(6, 17, 3)
    assert deformation_loss(pose, pose + torch.randn(17, 3)).max() < 1e-5


def test_cap_has_slope_one_at_zero_and_no_jump():
    x = torch.tensor([-1e-3, 0.0, 1e-3], dtype=torch.float64, requires_grad=True)
    y = capped(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    assert slope.tolist() == pytest.approx([1, 1, 1], abs=1e-4)
    assert y.tolist() == pytest.approx(x.tolist(), abs=1e-7)
    assert capped(torch.tensor(1e7)) < 700


def test_joint_distance_weighs_joints():
    pred, target = torch.randn(2, 5, 3, 17, 3, dtype=torch.float64)
    weights = torch.rand(17, dtype=torch.float64)
    found = joint_distance(pred, target, weights)
    assert found.shape == (5, 3)
    a, b = pred[4, 2].tolist(), target[4, 2].tolist()
    expected = [w * math.dist(p, t) for w, p, t in zip(weights.tolist(), a, b, strict=True)]
    assert found[4, 2].item() == pytest.approx(sum(expected) / 17)
    plain = [math.dist(p, t) for p, t in zip(a, b, strict=True)]
    assert joint_distance(pred, target)[4, 2].item() == pytest.approx(sum(plain) / 17)


def test_scaled_distance_is_the_least_of_any_scale_and_its_gradient_takes_the_scale_along():
    pred, target = torch.randn(2, 4, 17, 3, dtype=torch.float64)
    pred.requires_grad_()
    found = scaled_joint_distance(pred, target)
    for row, true, value in zip(pred.detach(), target, found, strict=True):
        scale = np.linalg.lstsq(row.reshape(-1, 1).numpy(), true.ravel().numpy(), rcond=None)[0]
        joints = zip((scale.item() * row).tolist(), true.tolist(), strict=True)
        assert value.item() == pytest.approx(np.mean([math.dist(a, b) for a, b in joints]))
    # Nothing changes with the size of the pose, so that no gradient points along the pose.
    (gradient,) = torch.autograd.grad(found.sum(), pred)
    assert (gradient * pred).sum((1, 2)).abs().max() < 1e-12


def test_smoothness_counts_squared_steps_and_velocity_their_errors():
    pred, target = torch.randn(2, 2, 4, 17, 3, dtype=torch.float64)
    weights = torch.rand(17, dtype=torch.float64)
    step, true_step = pred[1, 3] - pred[1, 2], target[1, 3] - target[1, 2]
    squares = sum(w * s**2 for w, row in zip(weights, step, strict=True) for s in row) / 51
    assert smoothness_loss(pred, weights)[1, 2].item() == pytest.approx(squares.item())
    errors = [math.dist(a, b) for a, b in zip(step.tolist(), true_step.tolist(), strict=True)]
    assert velocity_loss(pred, target)[1, 2].item() == pytest.approx(sum(errors) / 17)


def test_a_trajectory_twice_as_far_may_be_off_twice_as_much():
    place = torch.tensor([[0.3, 0.1, 4.0], [0.6, 0.2, 8.0]])
    off = torch.tensor([[0.1, 0.2, 0.2], [0.2, 0.4, 0.4]])
    assert trajectory_loss(place + off, place).tolist() == pytest.approx([0.075, 0.075])


def test_reprojection_is_zero_on_the_keypoints_and_counts_halves_of_the_width():
    points = torch.randn(2, 3, 17, 3) * 300 + torch.tensor([0.0, 0.0, 5000.0])
    seen = 1000 * points[..., :2] / points[..., 2:] + torch.tensor([510.0, 390.0])
    assert reprojection_loss(points, seen, camera(2)).abs().max() < 1e-5
    assert (
        reprojection_loss(points, seen + torch.tensor([30.0, 40.0]), camera(2)).tolist()
        == [pytest.approx([0.1] * 3, rel=1e-3)] * 2
    )


def test_bones_of_the_same_length_on_average_leave_no_gap():
    pose = torch.randn(8, 17, 3)
    turned = pose.flip(0)[..., [1, 2, 0]]
    assert bone_length_gap(pose, turned, BONES).item() == pytest.approx(0, abs=1e-6)
    lengths = [[math.dist(p[a].tolist(), p[b].tolist()) for a, b in BONES] for p in pose]
    mean = [sum(bone) / 8 for bone in zip(*lengths, strict=True)]
    gap = bone_length_gap(2 * pose, pose[:3] * 0, BONES).item()
    assert gap == pytest.approx(2 * sum(mean) / len(mean), rel=1e-5)


def test_bones_of_poses_that_do_not_count_leave_no_gap():
    pose, other = torch.randn(2, 8, 17, 3)
    mine, theirs = torch.arange(8) < 3, torch.arange(8) > 5
    expected = bone_length_gap(pose[:3], other[6:], BONES)
    gap = bone_length_gap(pose, other, BONES, mine, theirs)
    torch.testing.assert_close(gap, expected)
    assert bone_length_gap(pose, other, BONES, mine, theirs & False) == 0
