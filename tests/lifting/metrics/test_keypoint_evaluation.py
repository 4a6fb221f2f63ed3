import math

import numpy as np
import pytest
import torch

from lifting.metrics import KeypointEvaluation
from lifting.metrics.aggregation import JointMean
from lifting.metrics.oks import average_precision, person_score
from lifting.skeletons import skeleton
from tests.lifting.metrics.made_keypoints import (
    COCO_CONSTANTS,
    MPII_HEAD,
    MPII_TRUNK,
    lengths,
    people,
    per_joint,
    similarities,
)
from tests.lifting.two_processes import evaluated_by_two

ACTIONS = ["standing", "sitting", "walking", "running"]
FULL_COCO = ["epe", "pdj", "pck", "pdj_all_joints", "oks", "ap", "ap50", "ap75", "ar"]


def actions(count):
    """Three of the four actions; in the third is only the last person, with nothing labelled."""
    action = torch.arange(count) % 2
    action[::5] = 3
    action[-1] = 2
    return action


def evaluation_of(parts, joints="coco17", full=True, seed=0, dtype=torch.float64):
    pred, confidence, target, visibility, box = people(joints, count=41, seed=seed)
    pred, confidence, target, box = (x.to(dtype) for x in (pred, confidence, target, box))
    evaluation = KeypointEvaluation(ACTIONS, joints, full)
    for part in parts:
        part = torch.tensor(part, dtype=torch.long)
        evaluation.update(
            pred[part],
            confidence[part],
            target[part],
            visibility[part],
            box[part],
            actions(41)[part],
        )
    return evaluation


def per_joint_references(joints):
    """Every value of the single joints by loops."""
    pred, _, target, visibility, box = people(joints, count=41)
    labelled = visibility > 0
    torso = {"coco17": (5, 12), "mpii16": (13, 2)}[joints]
    limit = 0.2 * np.array(lengths(target, labelled, *torso))
    side = [0.2 * max(r - x, b - y) for x, y, r, b in box.tolist()]
    found = {
        "epe": per_joint(pred, target, labelled),
        "pdj": per_joint(pred, target, labelled, limit),
        "pck": per_joint(pred, target, labelled, side),
        "pdj_all_joints": per_joint(pred, target, torch.ones_like(labelled), limit),
    }
    if joints == "mpii16":
        counted = labelled.clone()
        counted[:, MPII_TRUNK] = False
        head = 0.5 * np.array(lengths(target, labelled, *MPII_HEAD))
        found["pckh"] = per_joint(pred, target, counted, head, inclusive=True)
    return found


@pytest.mark.parametrize("joints", ["coco17", "mpii16"])
def test_every_labelled_joint_counts_once_in_its_action_and_in_the_whole(joints):
    action = actions(41)
    expected = per_joint_references(joints)
    # Somebody with few labelled joints counts less than others.
    means = [np.nanmean(values) for values in expected["pck"][:-1]]
    assert np.nanmean(expected["pck"]) != pytest.approx(np.mean(means))
    for parts in ([range(41)], [range(3), [], range(3, 40), [40]], [[i] for i in range(41)]):
        result = evaluation_of(parts, joints).compute()
        assert result.actions == ["standing", "sitting", "running"]
        assert result.frames == [(action == g).sum() for g in (0, 1, 3)]
        for name, values in expected.items():
            rows = [np.nanmean(values[action == g]) for g in (0, 1, 3)]
            assert result.rows[name] == pytest.approx(rows)
            assert result.frame_mean[name] == pytest.approx(np.nanmean(values))


def test_similarity_counts_people_and_precision_is_of_each_action_and_of_all():
    pred, confidence, target, visibility, box = (x[:40] for x in people(count=41))
    action = actions(41)[:40]
    area = [0.53 * (r - x) * (b - y) for x, y, r, b in box.tolist()]
    expected = torch.tensor(
        similarities(pred, target, visibility > 0, area, COCO_CONSTANTS), dtype=torch.float64
    )
    score = person_score(confidence)
    groups = [action == g for g in (0, 1, 3)]
    result = evaluation_of([range(20), range(20, 41)]).compute()
    assert list(result.rows) == FULL_COCO
    assert list(result.frame_mean) == FULL_COCO
    assert result.rows["oks"] == pytest.approx([100 * expected[g].mean().item() for g in groups])
    assert result.frame_mean["oks"] == pytest.approx(100 * expected.mean().item())
    for i, name in enumerate(("ap", "ap50", "ap75", "ar")):
        rows = [100 * average_precision(expected[g], score[g])[i].item() for g in groups]
        assert result.rows[name] == pytest.approx(rows)
        whole = 100 * average_precision(expected, score)[i].item()
        assert result.frame_mean[name] == pytest.approx(whole)
        assert result.action_mean[name] == pytest.approx(sum(rows) / 3)


def test_what_a_joint_set_lacks_is_left_out():
    assert list(evaluation_of([range(41)], "mpii16").compute().rows) == [
        *("epe", "pdj", "pckh", "pck", "pdj_all_joints")
    ]
    lsp = ["epe", "pdj", "pckh", *FULL_COCO[2:]]
    assert list(evaluation_of([range(41)], "lsp14").compute().rows) == lsp


def test_a_joint_set_may_be_given_itself():
    by_name = KeypointEvaluation(ACTIONS, "lsp14")
    assert KeypointEvaluation(ACTIONS, skeleton("lsp14")).joint_set is by_name.joint_set


def test_validation_during_training_is_of_two_numbers():
    full, short = (evaluation_of([range(41)], full=full).compute() for full in (True, False))
    assert list(short.rows) == list(short.frame_mean) == ["epe", "pdj"]
    assert short.frame_mean["pdj"] == full.frame_mean["pdj"]
    assert short.frames == full.frames


def test_single_precision_makes_little_difference():
    double, single = (
        evaluation_of([range(41)], dtype=t).compute() for t in (torch.float64, torch.float32)
    )
    for name, values in double.rows.items():
        assert single.rows[name] == pytest.approx(values, rel=1e-5)


def test_it_starts_anew_after_reset():
    evaluation = evaluation_of([range(41)], seed=3)
    evaluation.reset()
    pred, confidence, target, visibility, box = people(count=41)
    evaluation.update(pred, confidence, target, visibility, box, actions(41))
    again, fresh = evaluation.compute(), evaluation_of([range(41)]).compute()
    assert again == fresh


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
@pytest.mark.parametrize("parts", [[], [[40]]])
def test_nobody_with_a_labelled_joint_is_no_perfect_score(parts):
    result = evaluation_of(parts).compute()
    assert result.actions == []
    assert list(result.frame_mean) == FULL_COCO
    assert all(math.isnan(x) for x in [*result.frame_mean.values(), *result.action_mean.values()])


def test_joint_mean_is_over_the_joints_that_count():
    metric = JointMean(3)
    values = torch.tensor([[1.0, math.nan, 3.0], [5.0, math.nan, math.nan]])
    metric.update(values, torch.tensor([0, 0]))
    assert metric.compute().item() == 3.0
    assert metric.by_group()[1].tolist() == [3.0]


# For each process its batches; one without anybody, and one with nobody labelled.
SHARES = [
    [[range(30, 41)], [range(9), range(9, 30)]],
    [[range(41)], []],
    [[[40]], [range(40)]],
]


@pytest.mark.slow(reason="starts two processes")
def test_two_processes_give_what_one_gives(tmp_path):
    one = evaluation_of([range(41)]).compute()
    for found in evaluated_by_two(__file__, tmp_path):
        assert found["actions"] == one.actions
        assert found["frames"] == one.frames
        assert found["frame_mean"] == pytest.approx(one.frame_mean)
        for name, values in one.rows.items():
            assert found["rows"][name] == pytest.approx(values)
