"""Transformer lifter (``SimpleTransformerPoseNet`` of bargav25/3D-Human-Pose-Estimation)."""

from lifting.nets.window_networks import sinusoids
from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import lifter_joints
from lifting.published.shapes import ShapeReader


def _options(shapes: ShapeReader) -> Options:
    return {
        "frames": shapes.size("pos_encoder.permanent_pe", 1),
        "width": shapes.size("input_linear.weight", 0),
        "layers": shapes.count("transformer_encoder.layers"),
        "hidden": shapes.size("transformer_encoder.layers.0.linear1.weight", 0),
        **lifter_joints(shapes, "output_linear.weight", "input_linear.weight"),
    }


def _pairs(options: Options) -> list[Pair]:
    return [
        Pair("input_linear", "net.embed"),
        Pair("transformer_encoder", "net.encoder"),
        Pair("output_linear", "net.last"),
    ]


FAMILY = LifterFamily(
    name="TransformerLifter",
    methods=("TransformerLifter",),
    infer=_options,
    layouts=(Layout(_pairs, "input_linear.weight"),),
    free={"heads": int},
    fixed=lambda options: {"standardise": False, "pre_norm": False, "readout": "mean"},
    constants=lambda options: {
        "pos_encoder.permanent_pe": sinusoids(options["frames"], options["width"])[None]
    },
    writes_constants=True,
)
