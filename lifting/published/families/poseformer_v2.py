"""PoseFormerV2 (Zhao et al., ``PoseTransformerV2``)."""

from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import numbered_blocks, transformer_blocks
from lifting.published.families.poseformer import spatial_options
from lifting.published.shapes import ShapeReader

_LAYERS = {
    "norm1": "attention_norm",
    "attn.qkv": "attention.qkv",
    "attn.proj": "attention.project",
    "norm2": "first_norm",
    "mlp1.fc1": "first.0",
    "mlp1.fc2": "first.2",
    "norm3": "others_norm",
    "mlp2.fc1": "others.0",
    "mlp2.fc2": "others.2",
}


def _options(shapes: ShapeReader) -> Options:
    """Read the sizes of the position embeddings; the length of the window has no trace."""
    return {
        "frames": shapes.option("frames", " (how many the window has)"),
        "kept": shapes.size("Temporal_pos_embed", 1),
        "coefficients": shapes.size("Temporal_pos_embed_", 1),
        **spatial_options(shapes),
    }


def _pairs(options: Options) -> list[Pair]:
    return [
        Pair("Spatial_pos_embed", "net.spatial.position"),
        Pair("Temporal_pos_embed", "net.frame_position"),
        Pair("Temporal_pos_embed_", "net.frequency_position"),
        Pair("Joint_embedding", "net.spatial.embed"),
        Pair("Freq_embedding", "net.embed"),
        *transformer_blocks("Spatial_blocks", "net.spatial.blocks", options["depth"]),
        *numbered_blocks("blocks", "net.temporal", options["depth"], _LAYERS),
        Pair("Spatial_norm", "net.spatial.norm"),
        Pair("Temporal_norm", "net.norm"),
        Pair("weighted_mean", "net.frequency_mean"),
        Pair("weighted_mean_", "net.frame_mean"),
        Pair("head", "net.head"),
    ]


FAMILY = LifterFamily(
    name="PoseFormerV2",
    methods=("PoseFormerV2",),
    infer=_options,
    layouts=(Layout(_pairs, "Freq_embedding.weight", "model_pos", parallel=True),),
    free={"frames": int, "heads": int},
    # Its split in the middle is the right one where both kinds of tokens are as many.
    fixed=lambda options: (
        {} if options["kept"] == options["coefficients"] else {"legacy_split": True}
    ),
)
