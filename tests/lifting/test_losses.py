import math

import pytest
import torch

from lifting.losses import bone_ratio_loss, bone_ratios, capped, deformation_loss
from lifting.skeletons import skeleton

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
