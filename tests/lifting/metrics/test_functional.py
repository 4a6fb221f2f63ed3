import math

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import torch

from lifting.metrics import functional
from tests.lifting.made_metrics import aligned, differences, distances, poses

ACTIONS = ["Eating", "Sitting", "Walking"]


def test_mpjpe_is_the_mean_distance_of_the_joints():
    pred, target = poses()
    np.testing.assert_allclose(functional.mpjpe(pred, target), distances(pred, target).mean(1))


@pytest.mark.parametrize("reflection", [False, True])
def test_pa_mpjpe_equals_alignment_with_scipy(reflection):
    pred, target = poses()
    pred[::3, :, 2] *= -1
    expected = distances(aligned(pred, target, reflection), target).mean(1)
    np.testing.assert_allclose(functional.pa_mpjpe(pred, target, reflection), expected)


def test_pa_mpjpe_forgives_similarities_and_mirroring_only_when_told():
    pred, target = poses(noise=0.0)
    assert functional.pa_mpjpe(pred, target).max() < 1e-9
    mirrored = pred * torch.tensor([1.0, 1.0, -1.0])
    assert functional.pa_mpjpe(mirrored, target).min() > 50
    assert functional.pa_mpjpe(mirrored, target, reflection=True).max() < 1e-9


def test_n_mpjpe_scales_by_least_squares():
    pred, target = poses()
    for p, t, got in zip(
        pred.numpy(), target.numpy(), functional.n_mpjpe(pred, target), strict=True
    ):

        def energy(scale, p=p, t=t):
            return ((scale * p - t) ** 2).sum()

        scale = scipy.optimize.minimize_scalar(energy, options={"xtol": 1e-14}).x
        expected = np.linalg.norm(scale * p - t, axis=1).mean()
        assert got.item() == pytest.approx(expected, rel=1e-6)


def test_n_mpjpe_may_scale_by_the_ratio_of_norms():
    pred, target = poses()
    for p, t, got in zip(
        pred.numpy(), target.numpy(), functional.n_mpjpe(pred, target, norm_ratio=True), strict=True
    ):
        scaled = p * math.sqrt((t**2).sum()) / math.sqrt((p**2).sum())
        assert got.item() == pytest.approx(np.linalg.norm(scaled - t, axis=1).mean())


def test_pck_counts_the_joints_strictly_within_the_threshold():
    errors = torch.tensor([[149.9, 150.0, 150.1, 0.0], [150.0, 150.0, 150.0, 150.0]])
    assert functional.pck(errors).tolist() == [0.5, 0.0]
    assert functional.pck(errors, 150.05).tolist() == [0.75, 1.0]


def errors_on_and_off_the_thresholds():
    draw = torch.Generator().manual_seed(0)
    off = 200 * torch.rand(20, 17, generator=draw, dtype=torch.float64)
    on = 5.0 * torch.randint(0, 40, (20, 17), generator=draw).double()
    return torch.cat([off, on, torch.zeros(1, 17).double()])


@pytest.mark.parametrize("count", [31, 150])
def test_auc_is_the_mean_of_pck_over_the_thresholds(count):
    thresholds = tuple(np.linspace(0, 150, count).tolist())
    assert count != 31 or thresholds == functional.AUC_THRESHOLDS
    errors = errors_on_and_off_the_thresholds()
    expected = [
        sum(sum(e < t for e in frame) / 17 for t in thresholds) / count for frame in errors.tolist()
    ]
    np.testing.assert_allclose(functional.auc(errors, thresholds), expected)


def test_cps_counts_the_thresholds_that_every_joint_meets():
    errors = 2 * errors_on_and_off_the_thresholds()
    expected = [sum(all(e <= t for e in frame) for t in range(301)) for frame in errors.tolist()]
    assert functional.cps(errors).tolist() == expected
    assert max(expected) == 301
    assert min(expected) == 0


@pytest.mark.parametrize(
    ("error", "order"),
    [(functional.velocity_error, 1), (functional.acceleration_error, 2)],
    ids=["vel", "acc"],
)
def test_motion_errors_compare_differences_over_frames(error, order):
    pred, target = poses(frames=9)
    expected = distances(differences(pred.numpy(), order), differences(target.numpy(), order))
    np.testing.assert_allclose(error(pred, target), expected.mean(1))
