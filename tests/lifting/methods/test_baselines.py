"""The baselines: what they predict, by numbers worked out by hand, and the command that tests them."""

import json
import math
from pathlib import Path
from pydoc import locate

import pytest
import torch
import yaml

from lifting.cli.training import run
from lifting.errors import InputError
from lifting.methods.baselines import Baseline, FlatDepth, MeanPose, TrueDepth
from lifting.skeletons import skeleton

JOINTS = skeleton("h36m17")
ROOT, HEAD = JOINTS.root, JOINTS.index("head")


@pytest.fixture
def seen():
    """Poses before a camera that is far away and not square, and their keypoints."""
    generator = torch.Generator().manual_seed(0)
    pose = 300 * torch.randn(5, 17, 3, generator=generator)
    pose -= pose[:, ROOT, None].clone()
    # All heads are at one distance, so that the mean of these is that of each.
    pose[:, HEAD] *= (600 / pose[:, HEAD].norm(dim=-1))[:, None]
    deep = pose + torch.tensor([0.0, 0.0, 6000.0])
    keypoints = 1100 * deep[..., :2] / deep[..., 2:] + torch.tensor([500.0, 300.0])
    return pose, keypoints


def test_the_mean_pose_is_the_mean_whatever_is_seen(seen):
    pose, keypoints = seen
    method = MeanPose()
    method.fit_statistics(keypoints, pose)
    lifted = method(keypoints[:2, None], None)
    assert lifted.shape == (2, 1, 17, 3)
    torch.testing.assert_close(lifted[1, 0], pose.mean(0), atol=1e-3, rtol=0)


def test_flat_depth_is_the_keypoints_at_the_mean_bone_length(seen):
    pose, keypoints = seen
    method = FlatDepth()
    method.fit_statistics(keypoints, pose)
    lifted = method(keypoints[:, None], None)[:, 0]
    assert lifted[..., 2].abs().max() < 1e-3
    # The directions of the keypoints, and bones as long as those of the training on average.
    flat = keypoints - keypoints[:, ROOT, None]
    ratio = lifted[..., :2].norm(dim=(1, 2)) / flat.norm(dim=(1, 2))
    torch.testing.assert_close(lifted[..., :2], flat * ratio[:, None, None], atol=0.01, rtol=1e-4)

    def bones(x):
        return torch.stack([(x[:, a] - x[:, b]).norm(dim=-1) for a, b in JOINTS.bones], 1)

    torch.testing.assert_close(
        bones(lifted).mean(1), bones(pose).mean().expand(5), atol=0.1, rtol=0
    )


def test_true_depths_give_back_poses_that_project_as_their_camera_does(seen):
    pose, _ = seen
    method = TrueDepth()
    # A pose of the unit of 600 mm, ten units away from a camera of focal length one.
    deep = pose / 600 + torch.tensor([0.0, 0.0, 10.0])
    keypoints = deep[..., :2] / deep[..., 2:]
    method.fit_statistics(keypoints, pose)
    method.head_scale.scale.fill_(0.1)
    batch = {"keypoints": keypoints[:, None], "pose": pose[:, None] + 77.0}
    lifted = method.lift(batch)[:, 0]
    ratio = lifted.norm(dim=(1, 2)) / pose.norm(dim=(1, 2))
    torch.testing.assert_close(lifted, pose * ratio[:, None, None], atol=0.05, rtol=1e-4)
    flat = FlatDepth.at_depths(method, keypoints[:, None], torch.zeros(5, 1, 17))[:, 0]
    assert (flat - lifted).norm() > 100


def test_one_without_poses_is_refused(seen):
    with pytest.raises(InputError, match="FlatDepth learns from 3D poses"):
        FlatDepth().fit_statistics(seen[1], None)
    with pytest.raises(InputError, match="one joint set"):
        FlatDepth(keypoint_skeleton="coco17")


OPTIONS = (
    *("-c", str(Path(__file__).parents[3] / "experiments/baselines/flat_depth.yaml")),
    *("--data", "Synthetic", "--data.frames_per_sequence", "6", "--data.actions", "[Walking]"),
    *("--trainer.accelerator", "cpu", "--trainer.use_distributed_sampler", "false"),
    *("--trainer.enable_progress_bar", "false", "--wandb", "disabled", "--pictures", "false"),
)


def test_it_is_tested_without_a_checkpoint_and_not_trained(tmp_path, monkeypatch, synthetic_folder):
    monkeypatch.chdir(tmp_path)
    options = [*OPTIONS, "--data.folder", str(synthetic_folder), "--run", "floor"]
    run(["test", *options])
    record = json.loads((tmp_path / "runs/floor/test.json").read_text())
    assert record["method"] == "FlatDepth"
    assert 0 < record["averages"]["frame"]["pa_mpjpe"] < 200
    assert math.isfinite(record["averages"]["frame"]["mpjpe"])
    assert (record["trained"], record["checkpoint"]) == ([], None)
    with pytest.raises(InputError, match="FlatDepth is not trained"):
        run(["fit", *options[:-1], "other"])


def test_every_baseline_has_an_experiment():
    found = set()
    for path in (Path(__file__).parents[3] / "experiments/baselines").glob("*.yaml"):
        named = locate(yaml.safe_load(path.read_text())["model"]["class_path"])
        assert issubclass(named, Baseline)
        found.add(named)
    assert found == set(Baseline.__subclasses__()) | {TrueDepth}
