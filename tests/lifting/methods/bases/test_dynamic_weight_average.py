import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lifting.methods.bases.dynamic_weight_average import DynamicWeightAverage
from tests.made_lifters import write_lifters

ROOT = Path(__file__).parents[4]


def equal(count):
    return torch.full((count,), 1 / count)


def test_that_which_falls_slowest_counts_most():
    weights = DynamicWeightAverage(2)
    for losses in ([4.0, 1.0], [2.0, 3.0]):
        weights.add(torch.tensor(losses))
    torch.testing.assert_close(weights(), equal(2))
    weights.end()
    torch.testing.assert_close(weights(), equal(2))
    weights.add(torch.tensor([1.5, 2.0]))
    weights.end()
    # Means of 3 and 2, then 1.5 and 2.
    wanted = torch.tensor([0.5 / 2, 1.0 / 2]).exp()
    torch.testing.assert_close(weights(), wanted / wanted.sum())


def test_steps_are_compared_one_by_one():
    weights = DynamicWeightAverage(3, "step", temperature=0.5)
    weights.add(torch.tensor([1.0, 2.0, 4.0]))
    weights.end()
    torch.testing.assert_close(weights(), equal(3))
    weights.add(torch.tensor([1.0, 1.0, 1.0]))
    weights.end()
    torch.testing.assert_close(weights(), (torch.tensor([1, 0.5, 0.25]) / 0.5).softmax(0))


def test_l2d_pose_compares_the_first_losses_with_one():
    # By hand: its queue begins as [1, 1], so that the weights of the three first steps are those of
    # 1 / 1, of the first losses / 1 and of the second / the first, at the temperature 2.
    weights = DynamicWeightAverage(2, "step", from_one=True)
    found = []
    for losses in ([0.4, 0.2], [0.1, 0.3], [9.0, 9.0]):
        found.append(weights())
        weights.add(torch.tensor(losses))
        weights.end()
    for shown, ratios in zip(found, ([1.0, 1.0], [0.4, 0.2], [0.25, 1.5]), strict=True):
        wanted = torch.tensor(ratios).div(2).exp()
        torch.testing.assert_close(shown, wanted / wanted.sum())


def test_equal_weights_stay_equal():
    weights = DynamicWeightAverage(2, "equal")
    for losses in ([1.0, 1.0], [1.0, 9.0], [1.0, 1.0]):
        weights.add(torch.tensor(losses))
        weights.end()
    torch.testing.assert_close(weights(), equal(2))


@pytest.mark.parametrize("losses", [[0.0, 1.0], [float("nan"), 1.0], [float("inf"), 1.0]])
def test_a_loss_that_is_no_measure_leaves_them_equal(losses):
    weights = DynamicWeightAverage(2, "step")
    for of_step in (torch.tensor(losses), torch.ones(2)):
        weights.add(of_step)
        weights.end()
    torch.testing.assert_close(weights(), equal(2))


def test_they_go_on_from_a_checkpoint_in_mid_epoch():
    ours, theirs = DynamicWeightAverage(2), DynamicWeightAverage(2)
    ours.add(torch.tensor([2.0, 1.0]))
    ours.end()
    ours.add(torch.tensor([1.0, 3.0]))
    theirs.load_state_dict(ours.state_dict())
    for weights in (ours, theirs):
        weights.add(torch.tensor([1.0, 1.0]))
        weights.end()
    assert not torch.allclose(ours(), equal(2))
    torch.testing.assert_close(theirs(), ours())


# A method of two processes whose losses differ; its forward pass is that in which DDP broadcasts.
PROCESS = """
import json, sys
import torch
import torch.distributed as dist
from lifting.methods import GuidedDetector

rank, folder = int(sys.argv[1]), sys.argv[2]
dist.init_process_group("gloo", init_method=f"file://{folder}/start", rank=rank, world_size=2)
lifters = {name: f"{folder}/{name}.ckpt" for name in ("sb", "vp")}
method = GuidedDetector(network="hrnet_w4", lifters=lifters)
method.forward = lambda image: next(method.net.parameters()).sum()
wrapped = torch.nn.parallel.DistributedDataParallel(method, find_unused_parameters=True)
for losses in ([[1.0, 10.0], [3.0, 30.0]], [[1.0, 1.0], [2.0, 3.0]]):
    for _ in range(2):
        wrapped(torch.zeros(1))
        method.balance.add(torch.tensor(losses[rank]))
    method.balance.end()
with open(f"{folder}/out{rank}", "w") as stream:
    json.dump(method.balance.history.tolist(), stream)
dist.destroy_process_group()
"""


@pytest.mark.slow(reason="starts two processes")
def test_losses_of_all_processes_count(tmp_path):
    write_lifters(tmp_path)
    (tmp_path / "program.py").write_text(PROCESS)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(tmp_path / "program.py")]
    processes = [
        subprocess.Popen([*command, str(rank), str(tmp_path)], env=environment) for rank in range(2)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    for rank in range(2):
        history = json.loads((tmp_path / f"out{rank}").read_text())
        assert history == [[2, 20], [1.5, 2]]
