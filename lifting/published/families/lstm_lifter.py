"""LSTM lifter (``LSTM_PoseNet`` of bargav25/3D-Human-Pose-Estimation)."""

from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import lifter_joints
from lifting.published.shapes import ShapeReader


def _options(shapes: ShapeReader) -> Options:
    """Read the sizes of the recurrent layers; the length of the window has no trace."""
    return {
        "frames": shapes.option("frames", " (how many the window has)"),
        "width": shapes.size("lstm.weight_hh_l0", 1),
        "layers": sum(name.startswith("lstm.weight_hh_l") for name in shapes.tensors),
        **lifter_joints(shapes, "fc.weight", "lstm.weight_ih_l0"),
    }


def _pairs(options: Options) -> list[Pair]:
    return [Pair("lstm", "net.recurrent"), Pair("fc", "net.last")]


FAMILY = LifterFamily(
    name="LSTMLifter",
    methods=("LSTMLifter",),
    infer=_options,
    layouts=(Layout(_pairs, "lstm.weight_ih_l0"),),
    free={"frames": int},
    fixed=lambda options: {
        "standardise": False,
        "bidirectional": False,
        "readout": "last",
        "windowed": True,
    },
)
