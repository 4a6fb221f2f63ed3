import math

import numpy as np
import pytest
import torch

from lifting.metrics import Evaluation, functional
from lifting.metrics.pairs import PosePair
from lifting.metrics.registry.poses import POSES
from tests.lifting.made_metrics import PER_FRAME, poses, recording, steps
from tests.lifting.two_processes import evaluated_by_two

ACTIONS = ["Eating", "Sitting", "Walking"]


def evaluation_of(parts, seed=0, full=True):
    pred, target, clip, frame, action = recording(seed)
    evaluation = Evaluation(ACTIONS, full)
    for part in parts:
        part = torch.tensor(part, dtype=torch.long)
        evaluation.update(pred[part], target[part], action[part], clip[part], frame[part])
    return evaluation


def test_evaluation_has_a_row_per_action_that_occurs_and_both_averages():
    pred, target, clip, frame, action = recording()
    result = evaluation_of([range(7), range(7, 16)]).compute()
    assert result.actions == ["Eating", "Walking"]
    assert result.frames == [4, 12]
    assert set(result.rows) == set(PER_FRAME) | {"mpjve", "acceleration"}
    for name, reference in PER_FRAME.items():
        values = reference(pred, target)
        rows = [values[action == g].mean() for g in (0, 2)]
        assert result.rows[name] == pytest.approx(rows)
        assert result.frame_mean[name] == pytest.approx(values.mean())
        assert result.action_mean[name] == pytest.approx(sum(rows) / 2)
    velocity = steps(pred, target, clip, frame, 1)
    rows = [np.mean([value for last, value in velocity if action[last] == g]) for g in (0, 2)]
    assert result.rows["mpjve"] == pytest.approx(rows)


@pytest.mark.parametrize("name", PER_FRAME)
def test_metric_is_the_mean_over_frames_and_groups_however_they_are_batched(name):
    pred, target = poses(frames=40, noise=90.0)
    # Some poses are upside down in depth, each group's share of them another.
    pred[:7, :, 2] *= -1
    groups = torch.randint(0, 3, (40,), generator=torch.Generator().manual_seed(1))
    values = PER_FRAME[name](pred, target)
    expected = [values[groups.numpy() == g].mean() for g in range(3)]
    assert len(set(np.round(expected, 6))) == 3
    order = torch.randperm(40)
    for frames in (torch.arange(40), order):
        for cuts in ([], [1], [0, 13, 13, 39]):
            evaluation = Evaluation([*ACTIONS, "Nothing"])
            for part in frames.tensor_split(cuts):
                still = torch.zeros_like(part)
                evaluation.update(pred[part], target[part], groups[part], still, still)
            result = evaluation.compute()
            assert result.frame_mean[name] == pytest.approx(values.mean())
            assert result.rows[name] == pytest.approx(expected)
            assert result.frames == torch.bincount(groups).tolist()


def test_evaluation_during_training_is_of_the_two_protocols_and_the_mirrored():
    result = evaluation_of([range(16)], full=False).compute()
    assert list(result.rows) == ["mpjpe", "pa_mpjpe", "mirrored"]


def test_evaluation_starts_anew_after_reset():
    evaluation = evaluation_of([range(16)])
    evaluation.reset()
    pred, target, clip, frame, action = recording(seed=5)
    evaluation.update(pred, target, action, clip, frame)
    again, fresh = evaluation.compute(), evaluation_of([range(16)], seed=5).compute()
    assert (again.rows, again.frame_mean) == (fresh.rows, fresh.frame_mean)


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_evaluation_of_nothing_is_no_perfect_score():
    result = Evaluation(ACTIONS).compute()
    assert result.actions == []
    assert all(math.isnan(x) for x in [*result.frame_mean.values(), *result.action_mean.values()])


# For each process its batches: whole clips each; and one process without any frame.
SHARES = [
    [[range(0, 2), range(2, 6)], [range(6, 9), range(9, 16)]],
    [[range(0, 9), range(9, 16)], [[], []]],
]


@pytest.mark.slow(reason="starts two processes")
def test_two_processes_give_what_one_gives(tmp_path):
    one = evaluation_of([range(16)]).compute()
    for found in evaluated_by_two(__file__, tmp_path):
        assert found["actions"] == one.actions
        assert found["frames"] == one.frames
        assert found["frame_mean"] == pytest.approx(one.frame_mean)
        for name, values in one.rows.items():
            assert found["rows"][name] == pytest.approx(values, nan_ok=True)


def test_metrics_of_a_pair_are_those_of_the_single_functions():
    pred, target = 100 * torch.randn(2, 40, 17, 3, dtype=torch.float64)
    pred[::3, :, 2] *= -1  # some poses that fit better mirrored
    pair = PosePair(pred, target)
    errors = {metric.name: metric(pair) for metric in POSES}
    joints = functional.joint_error(pred, target)
    aligned = functional.similarity_alignment(pred, target)(pred)
    expected = {
        "mpjpe": functional.mpjpe(pred, target),
        "pa_mpjpe": functional.pa_mpjpe(pred, target),
        "n_mpjpe": functional.n_mpjpe(pred, target),
        "pck": 100 * functional.pck(joints),
        "auc": 100 * functional.auc(joints),
        "cps": functional.cps(functional.joint_error(aligned, target)),
        "pa_mpjpe_reflection": functional.pa_mpjpe(pred, target, reflection=True),
        "n_mpjpe_norm_ratio": functional.n_mpjpe(pred, target, norm_ratio=True),
    }
    for name, value in expected.items():
        torch.testing.assert_close(errors[name], value)
    assert (errors["pa_mpjpe_reflection"] < errors["pa_mpjpe"] - 1e-6).any()
