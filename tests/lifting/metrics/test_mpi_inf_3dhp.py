"""The official scores, against loops written from the MATLAB code."""

import numpy as np
import pytest
import torch

from lifting.errors import InputError
from lifting.metrics import FrameEvaluation
from lifting.metrics.mpi_inf_3dhp import COLUMNS, frame_scores, group_indices
from lifting.skeletons import skeleton

# mpii_get_joint_set, "relevant", with Human3.6M's names for the same points.
ORDER = [
    *("head", "thorax", "right_shoulder", "right_elbow", "right_wrist"),
    *("left_shoulder", "left_elbow", "left_wrist", "right_hip", "right_knee", "right_ankle"),
    *("left_hip", "left_knee", "left_ankle", "pelvis", "spine", "face"),
]
# mpii_get_pck_auc_joint_groups, counted from 1.
GROUPS = {
    "Head": [1],
    "Neck": [2],
    "Shou": [3, 6],
    "Elbow": [4, 7],
    "Wrist": [5, 8],
    "Hip": [9, 12],
    "Knee": [10, 13],
    "Ankle": [11, 14],
}


def matlab_scores(pred, target):
    """mpii_compute_3d_pck, loop by loop, on poses ``(frames, 17, 3)`` in the official order."""
    frames = len(pred)
    error = np.zeros((17, frames))
    for f in range(frames):
        for j in range(17):
            p = pred[f, j] - pred[f, 14]
            t = target[f, j] - target[f, 14]
            error[j, f] = np.sqrt(((p - t) ** 2).sum())
    result = {"mpjpe": np.mean([np.mean(error[j]) for j in range(17)])}
    total_pck, total_curve, joints = 0.0, np.zeros(31), 0
    for name, members in GROUPS.items():
        curve = []
        for t in range(0, 151, 5):
            inside = sum(error[m - 1, f] < t for m in members for f in range(frames))
            curve.append(inside / (len(members) * frames))
        inside = sum(error[m - 1, f] < 150 for m in members for f in range(frames))
        result[f"pck_{name}"] = 100 * inside / (len(members) * frames)
        result[f"auc_{name}"] = 100 * sum(curve) / 31
        total_pck += result[f"pck_{name}"] * len(members)
        total_curve += np.array(curve) * len(members)
        joints += len(members)
    result["pck_Total"] = total_pck / joints
    result["auc_Total"] = 100 * sum(total_curve / joints) / 31
    return result


def poses(frames=40, seed=0):
    """Root-relative h36m17 poses, targets and predictions off by up to 300 mm."""
    rng = np.random.default_rng(seed)
    target = rng.normal(0, 400, (frames, 17, 3))
    pred = target + rng.normal(size=(frames, 17, 3)) * rng.uniform(0, 150, (frames, 17, 1))
    # Exactly on thresholds: neither 150 mm nor 75 mm is inside its own.
    pred[0, 5], pred[1, 5] = target[0, 5] + [150, 0, 0], target[1, 5] + [0, 75, 0]
    return (torch.from_numpy(x - x[:, :1]) for x in (pred, target))


def in_official_order(pose):
    joints = skeleton("h36m17").joints
    return pose[:, [joints.index(name) for name in ORDER]].numpy()


def test_scores_are_those_of_the_official_code():
    pred, target = poses()
    scores = dict(zip(COLUMNS, frame_scores(pred, target, "h36m17").mean(0).tolist(), strict=True))
    expected = matlab_scores(in_official_order(pred), in_official_order(target))
    assert set(scores) == set(expected)
    for name, value in expected.items():
        assert scores[name] == pytest.approx(value, abs=1e-9), name
    assert 10 < scores["auc_Total"] < scores["pck_Total"] < 95


def test_fourteen_joints_count():
    pred, target = poses()
    clean = frame_scores(pred, target, "h36m17")
    joints = skeleton("h36m17")
    for joint in joints.joints:
        moved = pred.clone()
        moved[:, joints.index(joint)] += 10_000
        changed = not torch.equal(frame_scores(moved, target, "h36m17")[:, 1:], clean[:, 1:])
        assert changed == (joint not in ("pelvis", "spine", "face")), joint


def test_other_joint_sets_are_evaluated_by_name():
    pred, target = poses()
    # mpi3dhp17 is h36m17 under other names; mpi3dhp28 lists the joints in another order.
    np.testing.assert_array_equal(
        frame_scores(pred, target, "mpi3dhp17"), frame_scores(pred, target, "h36m17")
    )
    names = [[skeleton("mpi3dhp28").joints[i] for i in g] for g in group_indices("mpi3dhp28")]
    assert names[0] == ["head_top"]
    assert names[5] == ["right_hip", "left_hip"]
    assert len(names[-1]) == len(set(names[-1])) == 14


@pytest.mark.parametrize("name", ["coco17", "panoptic15"])
def test_a_joint_set_that_only_guesses_a_joint_is_refused(name):
    with pytest.raises(InputError, match=r"needs the joint|cannot be converted"):
        group_indices(name)


def test_means_are_those_of_the_official_code_however_frames_are_batched():
    pred, target = poses()
    group = torch.from_numpy(np.random.default_rng(1).integers(0, 3, len(pred)))
    evaluation = FrameEvaluation(["a", "b", "c", "d"], COLUMNS, grouping="group")
    for rows in torch.randperm(len(pred)).split(7):
        values = frame_scores(pred[rows], target[rows], "h36m17").unbind(-1)
        evaluation.add(dict(zip(COLUMNS, values, strict=True)), group[rows])
    result = evaluation.compute()
    assert (result.actions, result.frames) == (["a", "b", "c"], torch.bincount(group).tolist())
    for g in range(3):
        expected = matlab_scores(*(in_official_order(x[group == g]) for x in (pred, target)))
        for name in COLUMNS:
            assert result.rows[name][g] == pytest.approx(expected[name], abs=1e-9)
    everything = matlab_scores(in_official_order(pred), in_official_order(target))
    assert result.frame_mean == pytest.approx(everything, abs=1e-9)
