import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import torch
from scipy.spatial.transform import Rotation

import lifting
from lifting.metrics import (
    AUC,
    CPS,
    MPJPE,
    MPJVE,
    NMPJPE,
    PAMPJPE,
    PCK,
    AccelerationError,
    Evaluation,
    JointMPJPE,
    Mirrored,
    functional,
)

ACTIONS = ["Eating", "Sitting", "Walking"]


def poses(frames=12, seed=0, noise=60.0, dtype=torch.float64):
    """Root-relative targets and predictions that are turned, scaled and noisy copies of them."""
    rng = np.random.default_rng(seed)
    target = 300 * rng.normal(size=(frames, 17, 3))
    turn = Rotation.from_rotvec(0.3 * rng.normal(size=(frames, 3))).as_matrix()
    pred = rng.uniform(0.7, 1.3, (frames, 1, 1)) * np.einsum("nij,nkj->nki", turn, target)
    pred += noise * rng.normal(size=pred.shape)
    target, pred = target - target[:, :1], pred - pred[:, :1]
    return torch.from_numpy(pred).to(dtype), torch.from_numpy(target).to(dtype)


def distances(pred, target):
    """Per-joint errors by nested loops."""
    pairs = [zip(p, t, strict=True) for p, t in zip(pred.tolist(), target.tolist(), strict=True)]
    return np.array([[math.dist(a, b) for a, b in frame] for frame in pairs])


def aligned(pred, target, reflection=False):
    """Similarity alignment, pose by pose, with scipy's solvers."""
    moved = []
    for p, t in zip(pred.numpy(), target.numpy(), strict=True):
        a, b = p - p.mean(0), t - t.mean(0)
        if reflection:
            turned = a @ scipy.linalg.orthogonal_procrustes(a, b)[0]
        else:
            turned = Rotation.align_vectors(b, a)[0].apply(a)
        moved.append((b * turned).sum() / (turned**2).sum() * turned + t.mean(0))
    return torch.from_numpy(np.stack(moved))


def differences(x, order):
    """Differences over frames by the definition: v_t = x_t - x_(t-1), a_t = v_t - v_(t-1)."""
    for _ in range(order):
        x = np.stack([x[t] - x[t - 1] for t in range(1, len(x))])
    return torch.from_numpy(x)


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
    thresholds = {31: functional.AUC_THRESHOLDS, 150: functional.AUC_THRESHOLDS_LINKS}[count]
    np.testing.assert_allclose(thresholds, np.linspace(0, 150, count))
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


def correct_poses(pred, target):
    worst = distances(aligned(pred, target), target).max(1)
    return sum((worst <= i).astype(float) for i in range(301))


# Name of the metric, how to make it, and the value of each frame by an independent way.
PER_FRAME = {
    "mpjpe": (MPJPE, lambda p, t: distances(p, t).mean(1)),
    "pa_mpjpe": (PAMPJPE, lambda p, t: distances(aligned(p, t), t).mean(1)),
    "pa_mpjpe_reflection": (
        lambda **k: PAMPJPE(reflection=True, **k),
        lambda p, t: distances(aligned(p, t, True), t).mean(1),
    ),
    "mirrored": (
        Mirrored,
        lambda p, t: (
            100.0
            * (
                distances(aligned(p, t, True), t).mean(1)
                < distances(aligned(p, t), t).mean(1) - 1e-9
            )
        ),
    ),
    "n_mpjpe": (
        NMPJPE,
        lambda p, t: distances(
            p * ((p * t).sum((1, 2)) / (p * p).sum((1, 2)))[:, None, None], t
        ).mean(1),
    ),
    "n_mpjpe_norm_ratio": (
        lambda **k: NMPJPE(norm_ratio=True, **k),
        lambda p, t: distances(
            p * ((t * t).sum((1, 2)) / (p * p).sum((1, 2))).sqrt()[:, None, None], t
        ).mean(1),
    ),
    "pck": (PCK, lambda p, t: 100 * (distances(p, t) < 150).mean(1)),
    "auc": (
        AUC,
        lambda p, t: np.mean([100 * (distances(p, t) < 5 * i).mean(1) for i in range(31)], axis=0),
    ),
    "cps": (CPS, correct_poses),
}


@pytest.mark.parametrize("name", PER_FRAME)
def test_metric_is_the_mean_over_frames_and_groups_however_they_are_batched(name):
    make, reference = PER_FRAME[name]
    pred, target = poses(frames=40, noise=90.0)
    # Some poses are upside down in depth, each group's share of them another.
    pred[:7, :, 2] *= -1
    groups = torch.randint(0, 3, (40,), generator=torch.Generator().manual_seed(1))
    values = reference(pred, target)
    expected = [values[groups.numpy() == g].mean() for g in range(3)]
    assert len(set(np.round(expected, 6))) == 3
    for cuts in ([], [1], [0, 13, 13, 39], list(range(1, 40))):
        metric = make(groups=4)
        for part in torch.arange(40).tensor_split(cuts):
            metric.update(pred[part], target[part], groups[part])
        assert metric.compute().item() == pytest.approx(values.mean())
        mean, count = metric.by_group()
        np.testing.assert_allclose(mean[:3], expected)
        assert mean[3].isnan()
        assert count.tolist() == [*torch.bincount(groups).tolist(), 0]


def test_frames_without_a_group_count_in_the_first():
    pred, target = poses()
    metric = MPJPE()
    metric.update(pred, target)
    assert metric.by_group()[0].item() == pytest.approx(distances(pred, target).mean())


def test_sums_do_not_lose_small_errors_beside_large_ones():
    """2^27 + 1 is 2^27 in float32."""
    metric, joints = MPJPE(), JointMPJPE(17)
    target = torch.zeros(1, 17, 3)
    for error in [2.0**27] + 512 * [1.0]:
        pred = torch.zeros(1, 17, 3)
        pred[..., 0] = error
        metric.update(pred, target)
        joints.update(pred, target)
    expected = (2**27 + 512) / 513
    assert metric.compute().item() == expected
    assert joints.compute().tolist() == 17 * [expected]


def test_precision_survives_casting_of_the_module_that_holds_the_metrics():
    evaluation = Evaluation(ACTIONS, 17).half()
    assert evaluation.metrics["mpjpe"].total.dtype == torch.float64
    assert evaluation.joint_mpjpe.total.dtype == torch.float64


def test_joint_mpjpe_is_the_mean_distance_of_each_joint():
    pred, target = poses()
    metric = JointMPJPE(17)
    for part in torch.arange(12).tensor_split(5):
        metric.update(pred[part], target[part])
    np.testing.assert_allclose(metric.compute(), distances(pred, target).mean(0))


def recording(seed=0):
    """Frames of clips of 1, 2, 3 and 10 frames, the last with gaps; each clip in one action."""
    pred, target = poses(frames=16, seed=seed)
    pred[4:6, :, 2] *= -1
    clip = torch.tensor([0, 1, 1, 2, 2, 2] + 10 * [3])
    frame = torch.tensor([0, 0, 1, 0, 1, 2, 0, 1, 2, 4, 6, 7, 8, 9, 11, 12])
    return pred, target, clip, frame, torch.tensor([0, 2, 0, 2])[clip]


def steps(pred, target, clip, frame, order):
    """(last frame's index, error) of each run of neighbouring frames, by a loop."""
    found = []
    for last in range(order, len(frame)):
        run = range(last - order, last + 1)
        if all(clip[i] == clip[last] and frame[i] == frame[last] - (last - i) for i in run):
            p, t = (differences(x[list(run)].numpy(), order) for x in (pred, target))
            found.append((last, distances(p, t).mean()))
    return found


@pytest.mark.parametrize(("metric_class", "order"), [(MPJVE, 1), (AccelerationError, 2)])
def test_motion_metrics_see_across_batches_but_not_across_clips_and_gaps(metric_class, order):
    pred, target, clip, frame, action = recording()
    found = steps(pred, target, clip, frame, order)
    assert len(found) == {1: 9, 2: 4}[order]
    values = np.array([value for _, value in found])
    group = np.array([action[last] for last, _ in found])
    for cuts in ([], [2, 5, 8], [0, 0, 7, 11], list(range(1, 16)), [15]):
        metric = metric_class(groups=3)
        for part in torch.arange(16).tensor_split(cuts):
            metric.update(pred[part], target[part], clip[part], frame[part], action[part])
        assert metric.compute().item() == pytest.approx(values.mean())
        mean, count = metric.by_group()
        assert count.tolist() == [(group == g).sum() for g in range(3)]
        for g in set(group):
            assert mean[g].item() == pytest.approx(values[group == g].mean())


def test_motion_metric_called_for_the_batch_value_still_sees_across_batches():
    pred, target, clip, frame, _ = recording()
    metric = MPJVE()
    for part in torch.arange(16).split(3):
        metric(pred[part], target[part], clip[part], frame[part])
    expected = np.mean([value for _, value in steps(pred, target, clip, frame, 1)])
    assert metric.compute().item() == pytest.approx(expected)


@pytest.mark.parametrize("metric_class", [MPJVE, AccelerationError])
def test_reset_forgets_frames_and_the_end_of_the_last_clip(metric_class):
    pred, target, clip, frame, _ = recording()
    metric, fresh = metric_class(), metric_class()
    metric.update(pred[6:9], target[6:9], clip[6:9], frame[6:9])
    metric.reset()
    # Were the end still known, these frames would go on with it.
    later = frame[6:9] + 3
    for m in (metric, fresh):
        m.update(pred[6:9], target[6:9], clip[6:9], later)
    assert metric.by_group()[1].item() == 3 - metric.order
    assert metric.compute().item() == fresh.compute().item()


def evaluation_of(parts, seed=0, full=True):
    pred, target, clip, frame, action = recording(seed)
    evaluation = Evaluation(ACTIONS, 17, full)
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
    for name, (_, reference) in PER_FRAME.items():
        values = reference(pred, target)
        rows = [values[action == g].mean() for g in (0, 2)]
        assert result.rows[name] == pytest.approx(rows)
        assert result.frame_mean[name] == pytest.approx(values.mean())
        assert result.action_mean[name] == pytest.approx(sum(rows) / 2)
    velocity = steps(pred, target, clip, frame, 1)
    rows = [np.mean([value for last, value in velocity if action[last] == g]) for g in (0, 2)]
    assert result.rows["mpjve"] == pytest.approx(rows)
    np.testing.assert_allclose(result.joints, distances(pred, target).mean(0))


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
    assert again.joints == fresh.joints


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_evaluation_of_nothing_is_no_perfect_score():
    result = Evaluation(ACTIONS, 17).compute()
    assert result.actions == []
    assert all(math.isnan(x) for x in [*result.frame_mean.values(), *result.action_mean.values()])


WORKER = """
import importlib.util, json, sys
import torch
import torch.distributed as dist

rank, start, out, tests = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method="file://" + start, rank=rank, world_size=2)
spec = importlib.util.spec_from_file_location("tests_of_metrics", tests)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
results = []
for parts in module.SHARES:
    result = module.evaluation_of(parts[rank]).compute()
    results.append([result.actions, result.frames, result.rows, result.frame_mean, result.joints])
with open(out + str(rank), "w") as stream:
    json.dump(results, stream)
dist.destroy_process_group()
"""

# For each process its batches: whole clips each; and one process without any frame.
SHARES = [
    [[range(0, 2), range(2, 6)], [range(6, 9), range(9, 16)]],
    [[range(0, 9), range(9, 16)], [[], []]],
]


@pytest.mark.slow
def test_two_processes_give_what_one_gives(tmp_path):
    root = Path(lifting.__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    arguments = [str(tmp_path / "start"), str(tmp_path / "out"), __file__]
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(rank), *arguments],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    for worker in workers:
        _, stderr = worker.communicate(timeout=300)
        assert worker.returncode == 0, stderr
    one = evaluation_of([range(16)]).compute()
    for rank in range(2):
        for actions, frames, rows, frame_mean, joints in json.loads(
            (tmp_path / f"out{rank}").read_text()
        ):
            assert actions == one.actions
            assert frames == one.frames
            assert joints == pytest.approx(one.joints)
            assert frame_mean == pytest.approx(one.frame_mean)
            for name, values in one.rows.items():
                assert rows[name] == pytest.approx(values, nan_ok=True)


def test_frame_errors_are_those_of_the_single_functions():
    pred, target = 100 * torch.randn(2, 40, 17, 3, dtype=torch.float64)
    pred[::3, :, 2] *= -1  # some poses that fit better mirrored
    errors = functional.frame_errors(pred, target)
    assert tuple(errors) == functional.FULL_FRAME_ERRORS
    assert tuple(functional.frame_errors(pred, target, full=False)) == functional.FRAME_ERRORS
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
