"""PoseFormer (Zheng et al., ``PoseTransformer``)."""

from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import transformer_blocks
from lifting.published.shapes import ShapeReader


def spatial_options(shapes: ShapeReader) -> Options:
    """Read what PoseFormer and its successor have in common."""
    points, joints = shapes.size("Spatial_pos_embed", 1), shapes.item_count("head.1.weight", 0, 3)
    return {
        "width": shapes.size("Spatial_pos_embed", 2),
        "depth": shapes.count("Spatial_blocks"),
        "skeleton": shapes.joint_set("skeleton", joints, "head.1.weight"),
        "keypoint_skeleton": shapes.joint_set("keypoint_skeleton", points, "Spatial_pos_embed"),
    }


def _options(shapes: ShapeReader) -> Options:
    return {"frames": shapes.size("Temporal_pos_embed", 1), **spatial_options(shapes)}


def _pairs(options: Options) -> list[Pair]:
    return [
        Pair("Spatial_pos_embed", "net.spatial.position"),
        Pair("Temporal_pos_embed", "net.position"),
        Pair("Spatial_patch_to_embedding", "net.spatial.embed"),
        *transformer_blocks("Spatial_blocks", "net.spatial.blocks", options["depth"]),
        *transformer_blocks("blocks", "net.temporal", options["depth"]),
        Pair("Spatial_norm", "net.spatial.norm"),
        Pair("Temporal_norm", "net.norm"),
        Pair("weighted_mean", "net.mean"),
        Pair("head", "net.head"),
    ]


FAMILY = LifterFamily(
    name="PoseFormer",
    methods=("PoseFormer",),
    infer=_options,
    layouts=(Layout(_pairs, "Spatial_blocks.0.norm1.weight", "model_pos", parallel=True),),
    free={"heads": int},
)
