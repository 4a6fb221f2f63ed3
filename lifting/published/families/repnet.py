"""RepNet (Wandt and Rosenhahn) as 3d-human-pose has it: generator and critic."""

import torch

from lifting.nets.head_scale import MEAN_BONE
from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import leaky_block, pose_critic
from lifting.published.shapes import ShapeReader

_SECTIONS = {
    "linear_stage": "shared.2",
    "pose3d_stages1": "pose.0",
    "pose3d_stages2": "pose.1",
    "camera_stages1": "camera.0",
    "camera_stages2": "camera.1",
}
_LAYERS = {"w1": "shared.0", "w21": "pose.2", "w22": "pose.4", "w3": "camera.2"}


def _options(shapes: ShapeReader) -> Options:
    return {
        "width": shapes.size("model_G.w1.weight", 0),
        "critic_width": shapes.size("model_D.w2.weight", 0),
        "skeleton": "h36m17",
        "keypoint_skeleton": "h36m17",
    }


def _pairs(options: Options) -> list[Pair]:
    pairs = [
        pair
        for name, ours in _SECTIONS.items()
        for pair in leaky_block(f"model_G.{name}", f"generator.{ours}", ("w1", "w2"))
    ]
    pairs += [Pair(f"model_G.{name}", f"generator.{ours}") for name, ours in _LAYERS.items()]
    return [*pairs, *pose_critic("model_D")]


FAMILY = LifterFamily(
    name="RepNet",
    methods=("RepNet",),
    infer=_options,
    layouts=(Layout(_pairs, "model_G.pose3d_stages1.w1.weight", keys=("model_G", "model_D")),),
    fixed=lambda options: {
        "normalise": "global",
        "size": "predicted",
        "legacy_bones": True,
        "slope": 0.01,
        "activate": True,
    },
    buffers=lambda options: {"mean_bone": torch.tensor(MEAN_BONE)},
)
