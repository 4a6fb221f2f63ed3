import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import lifting
from lifting.metrics import (
    Evaluation,
    functional,
)
from tests.lifting.made_metrics import PER_FRAME, distances, recording, steps

ACTIONS = ["Eating", "Sitting", "Walking"]


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
