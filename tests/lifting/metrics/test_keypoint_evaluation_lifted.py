import pytest
import torch

from lifting.metrics.functional import mpjpe, pa_mpjpe
from lifting.metrics.keypoint_evaluation import LiftedEvaluation


def add(evaluation, lifted, truth, exact=None):
    """Add six frames, and the keypoints that they were lifted from."""
    action = torch.tensor([0, 0, 1, 1, 1, 1])
    keypoints = 100 * torch.rand(6, 17, 2)
    seen, box = torch.full((6, 17), 2, dtype=torch.uint8), torch.tensor([0.0, 0, 100, 100])
    evaluation.update(
        keypoints, torch.ones(6, 17), keypoints, seen, box.expand(6, 4).clone(), action
    )
    evaluation.update_lifted(lifted, exact or {}, truth, action)


@pytest.fixture
def poses():
    return {name: 300 * torch.randn(6, 17, 3) for name in ("a", "b", "c", "d")}


@pytest.fixture
def truth():
    one = 300 * torch.randn(6, 17, 3)
    return {name: one for name in ("a", "b", "c", "d")}


def test_means_are_over_the_guides_and_over_the_unseen(poses, truth):
    evaluation = LiftedEvaluation(["x", "y"], "h36m17", list(poses), ["a", "b"])
    add(evaluation, poses, truth, {name: truth[name] + 1.0 for name in poses})
    result = evaluation.compute()
    for name, error in (("mpjpe", mpjpe), ("pa_mpjpe", pa_mpjpe)):
        own = {k: error(poses[k].double(), truth[k].double()) for k in poses}
        for k in poses:
            assert result.frame_mean[f"{name}_{k}"] == pytest.approx(own[k].mean().item())
        seen, unseen = ((own[k] + own[m]) / 2 for k, m in (("a", "b"), ("c", "d")))
        assert result.frame_mean[name] == pytest.approx(seen.mean().item())
        assert result.rows[name] == pytest.approx([seen[:2].mean().item(), seen[2:].mean().item()])
        assert result.frame_mean[f"{name}_unseen"] == pytest.approx(unseen.mean().item())
    assert result.frame_mean["mpjpe_truth_a"] == pytest.approx(3**0.5)
    assert result.frame_mean["pa_mpjpe_truth_a"] == pytest.approx(0, abs=1e-4)
    assert result.frame_mean["epe"] == 0


def test_the_ensemble_is_the_median_of_every_coordinate(poses, truth):
    evaluation = LiftedEvaluation(["x", "y"], "h36m17", list(poses), [], full=False)
    add(evaluation, poses, truth)
    # Of four, the mean of the two in the middle.
    middle = torch.stack(list(poses.values())).sort(0).values[1:3].mean(0)
    wanted = mpjpe(middle.double(), truth["a"].double()).mean().item()
    result = evaluation.compute()
    assert result.frame_mean["mpjpe_median"] == pytest.approx(wanted)
    # Where none guides, all count.
    every = [mpjpe(poses[k].double(), truth[k].double()).mean().item() for k in poses]
    assert result.frame_mean["mpjpe"] == pytest.approx(sum(every) / 4)
    assert not {"mpjpe_unseen", "mpjpe_truth_a"} & set(result.frame_mean)


def test_lifters_of_other_joints_have_no_median(poses, truth):
    names = ["a", "b"]
    evaluation = LiftedEvaluation(["x", "y"], "h36m17", names, [], same_joints=False)
    fewer = {"a": poses["a"], "b": poses["b"][:, :16]}
    add(evaluation, fewer, {"a": truth["a"], "b": truth["b"][:, :16]})
    assert "mpjpe_median" not in evaluation.compute().frame_mean


def test_without_lifters_only_keypoints_are_measured():
    evaluation = LiftedEvaluation(["x"], "h36m17", [], [])
    assert not any("mpjpe" in name for name in evaluation.metrics)
