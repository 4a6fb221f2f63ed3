"""DSTformer (MotionBERT, Zhu et al.), full and lite."""

from collections.abc import Mapping

from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import numbered_blocks, same_joints
from lifting.published.shapes import Kind, ShapeReader

# What no file of clip lifters tells of its input and its output.
TARGETS: Mapping[str, Kind] = {
    "target": ("metric", "image", "absolute"),
    "unit": float,
    "bone": float,
    "confidence": ("one", "seen", "scores"),
}
_MARK = "blocks_st.0.attn_s.qkv.weight"
_SUFFIXES = {"s": "spatial", "t": "temporal"}
_BLOCK = {
    "norm1_{}": "attention_norm",
    "attn_{}.qkv": "attention.qkv",
    "attn_{}.proj": "attention.project",
    "norm2_{}": "feed_forward_norm",
    "mlp_{}.fc1": "feed_forward.0",
    "mlp_{}.fc2": "feed_forward.2",
}


def pose_head(representation: str) -> list[Pair]:
    """Return the table of the end of a network, by the published name of its representation."""
    return [
        Pair("norm", "net.head.norm"),
        Pair(f"{representation}.fc", "net.head.represent"),
        Pair("head", "net.head.last"),
    ]


def _options(shapes: ShapeReader) -> Options:
    width = shapes.size("pos_embed", 2)
    return {
        "places": shapes.size("temp_embed", 1),
        "width": width,
        "depth": shapes.count("blocks_st"),
        "mlp_ratio": shapes.item_count("blocks_st.0.mlp_s.fc1.weight", 0, width),
        "representation": shapes.size("head.weight", 1),
        **same_joints(shapes, "pos_embed", 1),
    }


def _pairs(options: Options) -> list[Pair]:
    block = {
        published.format(suffix): f"{ours}.{layer}"
        for suffix, ours in _SUFFIXES.items()
        for published, layer in _BLOCK.items()
    }
    depth = options["depth"]
    return [
        Pair("joints_embed", "net.embed"),
        Pair("pos_embed", "net.joint_position"),
        Pair("temp_embed", "net.frame_position"),
        *numbered_blocks("blocks_st", "net.joints_first", depth, block),
        *numbered_blocks("blocks_ts", "net.frames_first", depth, block),
        *(Pair(f"ts_attn.{i}", f"net.fusion.{i}.weigh") for i in range(depth)),
        *pose_head("pre_logits"),
    ]


FAMILY = LifterFamily(
    name="DSTformer",
    methods=("DSTformer",),
    infer=_options,
    layouts=(Layout(_pairs, _MARK, "model_pos", parallel=True),),
    free={"frames": int, "heads": int, **TARGETS},
    fixed=lambda options: {"standardise": False, "target": "image", "confidence": "scores"},
)
