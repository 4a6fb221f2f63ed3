import numpy as np
import torch
from scipy.spatial import procrustes

from lifting.geometry import in_float64
from lifting.metrics.pairs import HypothesesPair
from lifting.metrics.registry.poses import HYPOTHESES

FRAMES, NUMBER, JOINTS = 6, 4, 17


def measured(pred, target):
    pair = HypothesesPair(in_float64(pred), in_float64(target))
    return {metric.name: metric(pair).numpy() for metric in HYPOTHESES}


def aligned_error(pred, target):
    """PA-MPJPE by scipy, whose targets are centred and of unit norm."""
    scale = np.linalg.norm(target - target.mean(0))
    fixed, moved, _ = procrustes(target, pred)
    return np.linalg.norm(fixed - moved, axis=-1).mean() * scale


def test_errors_of_hypotheses_are_those_of_a_loop():
    target = 300 * torch.randn(FRAMES, JOINTS, 3)
    pred = target[:, None] + 60 * torch.randn(FRAMES, NUMBER, JOINTS, 3)
    found = measured(pred, target)
    for i in range(FRAMES):
        one, truth = pred[i].double().numpy(), target[i].double().numpy()
        plain = [np.linalg.norm(p - truth, axis=-1).mean() for p in one]
        aligned = [aligned_error(p, truth) for p in one]
        mean = one.mean(0)
        apart = [np.sqrt(((one[:, j] - mean[j]) ** 2).sum(-1).mean()) for j in range(JOINTS)]
        expected = {
            "mpjpe_single": np.mean(plain),
            "pa_mpjpe_single": np.mean(aligned),
            "mpjpe_best_of_n": min(plain),
            "pa_mpjpe_best_of_n": min(aligned),
            "spread": np.mean(apart),
        }
        assert expected.keys() == found.keys()
        for name, value in expected.items():
            np.testing.assert_allclose(found[name][i], value, rtol=1e-6, err_msg=name)


def test_the_best_is_chosen_frame_by_frame():
    target = torch.zeros(2, JOINTS, 3)
    pred = torch.zeros(2, 2, JOINTS, 3)
    pred[0, 0, :, 0], pred[1, 1, :, 0] = 30, 50
    found = measured(pred, target)
    assert found["mpjpe_best_of_n"].tolist() == [0, 0]
    assert found["mpjpe_single"].tolist() == [15, 25]
    assert found["spread"].tolist() == [15, 25]
