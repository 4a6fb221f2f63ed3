"""The video model of 3d-human-pose: generators of pose and root position, and the critic of poses."""

from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import pose_critic
from lifting.published.shapes import ShapeReader

_NETS = {"model_G_pose": "generator.pose", "model_G_root": "generator.root"}
_BLOCKS = ("w2", "w3")


def _options(shapes: ShapeReader) -> Options:
    layers = ("w1", "w21", "w31")
    return {
        "taps": [shapes.size(f"model_G_pose.{layer}.weight", 2) for layer in layers],
        "channels": shapes.size("model_G_pose.w1.weight", 0),
        "critic_width": shapes.size("model_D.w2.weight", 0),
        "skeleton": "h36m17",
        "keypoint_skeleton": "h36m17",
    }


def _pairs(options: Options) -> list[Pair]:
    pairs, taps = [], options["taps"]
    for published, ours in _NETS.items():
        pairs.append(Pair(f"{published}.w1", f"{ours}.first", taps[0]))
        for i, name in enumerate(_BLOCKS):
            block = f"{ours}.blocks.{i}"
            pairs += [
                Pair(f"{published}.{name}1", f"{block}.over_time", taps[i + 1]),
                Pair(f"{published}.{name}2", f"{block}.over_channels", 1),
            ]
        pairs.append(Pair(f"{published}.w4", f"{ours}.last", 1))
    return [*pairs, *pose_critic("model_D")]


FAMILY = LifterFamily(
    name="TemporalGAN",
    methods=("TemporalGAN",),
    infer=_options,
    layouts=(Layout(_pairs, "model_G_pose.w31.weight", keys=(*_NETS, "model_D")),),
    fixed=lambda options: {
        "gain": 1.0,
        "motion": 0.0,
        "legacy_bones": True,
        "slope": 0.01,
        "activate": True,
    },
)
