"""Steps of every method as one graph: not broken, not made anew, with the values of eager ones.

Run by test_compiled_steps.py in processes of their own, as what checks shapes cannot be compiled.
"""

import csv
import os
from pathlib import Path

import pytest
import torch
from torch._dynamo.backends.debugging import aot_eager
from torch.nn import functional

from lifting.cli.run.compiling import missing_compiler
from lifting.cli.training import run
from lifting.methods import LInKs, PoseFlows
from lifting.nets.dropout import Dropout
from lifting.on_device import constant, indices
from tests.exhaustive import EXHAUSTIVE
from tests.gpu.budget import NAMED, options
from tests.made_lifters import save, with_statistics
from tests.test_experiments import EXPERIMENTS, configs, sees_images

# Graphs of a training; of the others, one. The first half of the lifters' knows the elevation.
GRAPHS = {"elepose": 2, "left_right": 2, "leg_torso": 2, "repnet": 3, "temporal_gan": 3}
# What they compute, others do too, or their networks have the same layers; compiled where all are asked
# for. An LSTM is not compiled.
SPARED = {"left_right", "leg_torso", "full_flow", "part_flows", "simple_baseline", "twin"}
SPARED |= {"hrnet_w32", "video_pose_3d_27", "temporal_gan", "relative_depth", "window_mlp"}
SPARED |= {"dstformer_lite_27", "elepose_twin", "flow_matching_27", "iganet", "poseformer"}
SPARED |= {"motion_agformer_xs_27", "poseformer_v2", "semi_supervised", "transformer"}
SPARED |= {"guided", "mixste_27", "occlusion", "repnet", "full_matching"}
if EXHAUSTIVE:
    SPARED.clear()
SPARED.add("lstm")
COMPILED = [name for name in NAMED if name not in SPARED]
# Few layers, which are traced one by one.
OPTIONS = {
    "elepose": ("--model.head_blocks", "1", "--model.critic_width", "16"),
    "guided": ("--model.network", "pose_resnet_18"),
    "left_right": ("--model.head_blocks", "1", "--model.critic", "1", "--model.critic_width", "16"),
    "occlusion": ("--model.blocks", "1", "--model.lifter_head_blocks", "1"),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Runs of the stages that others build on, untrained."""
    folder = tmp_path_factory.mktemp("compiled")
    keypoints = 500 + 100 * torch.randn(64, 17, 2)
    flows = {"full_flow": ["full"], "part_flows": ["left", "right", "legs", "torso"]}
    stages = {name: PoseFlows(parts=parts, hidden=16, blocks=1) for name, parts in flows.items()}
    for stage in stages.values():
        stage.fit_statistics(keypoints, None)
    for split in ("left_right", "leg_torso"):
        stages[split] = with_statistics(LInKs(split, width=32, head_blocks=1))
    for name, stage in stages.items():
        (folder / name / "checkpoints").mkdir(parents=True)
        save(stage, folder / name / "checkpoints/best.ckpt")
    return folder


@pytest.fixture(scope="module")
def folder():
    """The folder of the synthetic data."""
    return Path(os.environ["LIFTING_SYNTHETIC"])


def fit(name, runs, folder, compile_, *more):
    """Train a method for some steps, and return the folder of the run."""
    method, data = NAMED[name], "synthetic_images" if sees_images(NAMED[name]) else "synthetic"
    run_folder = runs / f"{name}_{compile_}_{len(more)}"
    words = [
        *("fit", "--wandb", "disabled", "--run", str(run_folder), "--compile", compile_),
        *configs(*(EXPERIMENTS / n for n in ("base.yaml", f"data/{data}.yaml", method))),
        *options(method, runs),
        *("--data.folder", str(folder), "--pictures", "false", "--trainer.accelerator", "cpu"),
        *("--trainer.max_steps", "6", "--trainer.limit_val_batches", "0"),
        *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
        *("--best.monitor", "null", *OPTIONS.get(name, ()), *more),
    ]
    run(words)
    return run_folder


def checkpoint(run_folder):
    return torch.load(run_folder / "checkpoints/last.ckpt", weights_only=True)


def losses(run_folder):
    rows = csv.DictReader(next(run_folder.glob("**/metrics.csv")).read_text().splitlines())
    return [float(row["train/loss"]) for row in rows if row["train/loss"]]


@pytest.fixture
def graphs(monkeypatch):
    """The graphs that are made while it lasts, with those of their gradients, and run uncompiled."""
    torch._dynamo.reset()
    made, original = [], torch.compile

    def keep(graph, inputs):
        made.append(len(inputs))
        return aot_eager(graph, inputs)

    def compiled(part, fullgraph, dynamic, mode):
        assert fullgraph
        assert mode == "default"
        return original(part, fullgraph=True, dynamic=dynamic, backend=keep)

    # The same draws in both, whatever is cheap where.
    def forward(self, x):
        return functional.dropout(x, self.p, self.training)

    monkeypatch.setattr(torch, "compile", compiled)
    monkeypatch.setattr(Dropout, "forward", forward)
    yield made
    torch._dynamo.reset()


@pytest.mark.parametrize("name", COMPILED)
def test_a_step_is_one_graph(name, runs, folder, graphs):
    compiled = checkpoint(fit(name, runs, folder, "default"))
    assert len(graphs) == GRAPHS.get(name, 1)
    # With parts of their own for compiled steps: gradients of gradients, statistics, draws.
    if name not in ("elepose", "left_right", "repnet", "semi_supervised"):
        return
    eager = checkpoint(fit(name, runs, folder, "off"))
    assert compiled["global_step"] == eager["global_step"]
    for key, value in eager["state_dict"].items():
        found = compiled["state_dict"][key]
        # Adam makes a step, of 1e-3, of a gradient that is nothing but rounding, as of keys' biases.
        torch.testing.assert_close(found, value, rtol=1e-5, atol=1e-4, equal_nan=True, msg=key)


def test_a_graph_takes_any_number_of_constants():
    def function(x):
        first, second = (indices(places, x.device) for places in ([0, 2], [1, 2]))
        return (x[first] * x[second]).sum() + (x * constant((1.5, 2, 3), x.device, x.dtype)).sum()

    compiled = torch.compile(function, backend="aot_eager", fullgraph=True, dynamic=False)
    x = torch.tensor([2.0, 3.0, 5.0], requires_grad=True)
    compiled(x).backward()
    # Of x0 x1 + x2 x2 + 1.5 x0 + 2 x1 + 3 x2.
    assert x.grad.tolist() == [4.5, 4, 13]


@pytest.mark.skipif(missing_compiler("cpu") is not None, reason="there is no C++ compiler")
def test_a_compiled_training_learns_what_an_eager_one_does(runs, folder):
    small = ("--model.blocks", "1", "--trainer.log_every_n_steps", "1")
    eager = losses(fit("full_flow", runs, folder, "off", *small))
    compiled = losses(fit("full_flow", runs, folder, "reduce-overhead", *small))
    assert len(eager) == 6
    assert compiled[:3] == pytest.approx(eager[:3], rel=1e-5)
    # Adam makes a step of a gradient that is nothing but rounding.
    assert compiled == pytest.approx(eager, rel=1e-2)
