"""MixSTE (Zhang et al., ``MixSTE2``)."""

from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import same_joints, transformer_blocks
from lifting.published.shapes import ShapeReader


def _options(shapes: ShapeReader) -> Options:
    return {
        "frames": shapes.size("Temporal_pos_embed", 1),
        "width": shapes.size("Spatial_pos_embed", 2),
        "depth": shapes.count("STEblocks"),
        **same_joints(shapes, "Spatial_pos_embed", 1),
    }


def _pairs(options: Options) -> list[Pair]:
    return [
        Pair("Spatial_pos_embed", "net.joint_position"),
        Pair("Temporal_pos_embed", "net.frame_position"),
        Pair("Spatial_patch_to_embedding", "net.embed"),
        *transformer_blocks("STEblocks", "net.spatial", options["depth"]),
        *transformer_blocks("TTEblocks", "net.temporal", options["depth"]),
        Pair("Spatial_norm", "net.spatial_norm"),
        Pair("Temporal_norm", "net.temporal_norm"),
        Pair("head", "net.head"),
    ]


FAMILY = LifterFamily(
    name="MixSTE",
    methods=("MixSTE",),
    infer=_options,
    layouts=(Layout(_pairs, "STEblocks.0.norm1.weight", "model_pos", parallel=True),),
    free={"heads": int},
    fixed=lambda options: {"standardise": False},
)
