"""MotionAGFormer (Mehraban et al.), all four sizes."""

from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import numbered_blocks, same_joints
from lifting.published.families.dstformer import TARGETS, pose_head
from lifting.published.shapes import ShapeReader

_MARK = "layers.0.graph_temporal.mixer.batch_norm.weight"
_BLOCK = {
    "norm1": "mixer_norm",
    "layer_scale_1": "mixer_scale",
    "norm2": "feed_forward_norm",
    "mlp.fc1": "feed_forward.0",
    "mlp.fc2": "feed_forward.2",
    "layer_scale_2": "feed_forward_scale",
}
_ATTENTION = {"mixer.qkv": "mixer.qkv", "mixer.proj": "mixer.project"}
_GRAPH = {
    "mixer.U": "mixer.itself",
    "mixer.V": "mixer.gathered",
    "mixer.batch_norm": "mixer.norm",
}
_STREAMS = {
    "att_spatial": ("spatial_attention", _ATTENTION),
    "att_temporal": ("temporal_attention", _ATTENTION),
    "graph_spatial": ("spatial_graph", _GRAPH),
    "graph_temporal": ("temporal_graph", _GRAPH),
}


def _options(shapes: ShapeReader) -> Options:
    return {
        "frames": shapes.size(_MARK, 0),
        "width": shapes.size("pos_embed", 2),
        "depth": shapes.count("layers"),
        "representation": shapes.size("head.weight", 1),
        **same_joints(shapes, "pos_embed", 1),
    }


def _fixed(options: Options) -> Options:
    published = {"standardise": False, "confidence": "scores"}
    published |= {"legacy_graph": True, "legacy_ties": True}
    # Files of MPI-INF-3DHP have its owners' order, and speak halves of its images' 2048 pixels as
    # millimetres.
    if options["skeleton"] == "mpi3dhp17_test":
        return {"target": "metric", "unit": 1024.0, **published}
    return {"target": "image", **published}


def _pairs(options: Options) -> list[Pair]:
    layers = {"fusion": "fusion.weigh"}
    for published, (ours, mixer) in _STREAMS.items():
        parts = _BLOCK | mixer
        layers |= {f"{published}.{name}": f"{ours}.{own}" for name, own in parts.items()}
    return [
        Pair("joints_embed", "net.embed"),
        Pair("pos_embed", "net.joint_position"),
        *numbered_blocks("layers", "net.layers", options["depth"], layers),
        *pose_head("rep_logit"),
    ]


FAMILY = LifterFamily(
    name="MotionAGFormer",
    methods=("MotionAGFormer",),
    infer=_options,
    layouts=(Layout(_pairs, _MARK, "model", parallel=True),),
    free={"heads": int, "neighbours": int, **TARGETS},
    fixed=_fixed,
)
