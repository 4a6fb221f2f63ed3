"""Which tensor of a published file is which of ours: one table per family, for both directions.

A pair names a module, or a parameter, as published and as ours; what is below it has the same names in
both. Where a convolution over time is a matrix here, the pair says over how many frames it goes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from einops import rearrange
from torch import Tensor

from lifting.published.reading import TRAJECTORY

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Pair:
    """A published name and ours.

    Attributes:
        published: Published name of a module or parameter.
        ours: Our name of it.
        taps: Frames of the published convolution whose kernel is a matrix here; 0 for anything else.
    """

    published: str
    ours: str
    taps: int = 0

    def to_ours(self, tensor: Tensor) -> Tensor:
        """Return a published tensor in our shape."""
        if self.taps and tensor.ndim == 3:
            return rearrange(tensor, "o i t -> o (t i)")
        return tensor

    def to_published(self, tensor: Tensor) -> Tensor:
        """Return a tensor of ours in the published shape."""
        if self.taps and tensor.ndim == 2:
            return rearrange(tensor, "o (t i) -> o i t", t=self.taps)
        return tensor


def expand(pairs: Iterable[Pair], own: Iterable[str]) -> dict[str, Pair]:
    """Return the pair of each of our tensors that has one, tensor by tensor.

    Args:
        pairs: The table of a family.
        own: Names of our tensors.

    Example:
        >>> expand([Pair("fc", "net.last")], ["net.last.bias", "scale"])
        {'net.last.bias': Pair(published='fc.bias', ours='net.last.bias', taps=0)}
    """
    by_name = {pair.ours: pair for pair in pairs}
    tensors = {}
    for name in own:
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            pair = by_name.get(".".join(parts[:end]))
            if pair is not None:
                published = ".".join([pair.published, *parts[end:]])
                tensors[name] = Pair(published, name, pair.taps)
                break
    return tensors


def video_pose_3d(options: Options) -> list[Pair]:
    """Pavllo et al.: the network of the pose, and that of the trajectory where there is one."""
    pairs = []
    for published, ours in (("", "net"), (f"{TRAJECTORY}.", "trajectory_net")):
        dilation = 1
        for i, taps in enumerate(options["taps"]):
            wide = (taps - 1) * dilation + 1 if options["dense"] else taps
            dilation *= taps
            if i == 0:
                pairs += [
                    Pair(f"{published}expand_conv", f"{ours}.first", wide),
                    Pair(f"{published}expand_bn", f"{ours}.activation.0"),
                ]
                continue
            first, second, block = 2 * i - 2, 2 * i - 1, f"{ours}.blocks.{i - 1}"
            pairs += [
                Pair(f"{published}layers_conv.{first}", f"{block}.over_time", wide),
                Pair(f"{published}layers_bn.{first}", f"{block}.activation_1.0"),
                Pair(f"{published}layers_conv.{second}", f"{block}.over_channels", 1),
                Pair(f"{published}layers_bn.{second}", f"{block}.activation_2.0"),
            ]
        pairs.append(Pair(f"{published}shrink", f"{ours}.last", 1))
    return pairs


def _blocks(published: str, ours: str, depth: int) -> list[Pair]:
    """Pre-norm transformer blocks, as all families of timm's lineage name them."""
    inside = {
        "norm1": "attention_norm",
        "attn.qkv": "attention.qkv",
        "attn.proj": "attention.project",
        "norm2": "feed_forward_norm",
        "mlp.fc1": "feed_forward.0",
        "mlp.fc2": "feed_forward.2",
    }
    return [
        Pair(f"{published}.{i}.{theirs}", f"{ours}.{i}.{mine}")
        for i in range(depth)
        for theirs, mine in inside.items()
    ]


def mixste(options: Options) -> list[Pair]:
    """Zhang et al., ``MixSTE2``."""
    return [
        Pair("Spatial_pos_embed", "net.joint_position"),
        Pair("Temporal_pos_embed", "net.frame_position"),
        Pair("Spatial_patch_to_embedding", "net.embed"),
        *_blocks("STEblocks", "net.spatial", options["depth"]),
        *_blocks("TTEblocks", "net.temporal", options["depth"]),
        Pair("Spatial_norm", "net.spatial_norm"),
        Pair("Temporal_norm", "net.temporal_norm"),
        Pair("head", "net.head"),
    ]


def poseformer(options: Options) -> list[Pair]:
    """Zheng et al., ``PoseTransformer``."""
    return [
        Pair("Spatial_pos_embed", "net.spatial.position"),
        Pair("Temporal_pos_embed", "net.position"),
        Pair("Spatial_patch_to_embedding", "net.spatial.embed"),
        *_blocks("Spatial_blocks", "net.spatial.blocks", options["depth"]),
        *_blocks("blocks", "net.temporal", options["depth"]),
        Pair("Spatial_norm", "net.spatial.norm"),
        Pair("Temporal_norm", "net.norm"),
        Pair("weighted_mean", "net.mean"),
        Pair("head", "net.head"),
    ]


def poseformer_v2(options: Options) -> list[Pair]:
    """Zhao et al., ``PoseTransformerV2``."""
    mixed = {
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
    return [
        Pair("Spatial_pos_embed", "net.spatial.position"),
        Pair("Temporal_pos_embed", "net.frame_position"),
        Pair("Temporal_pos_embed_", "net.frequency_position"),
        Pair("Joint_embedding", "net.spatial.embed"),
        Pair("Freq_embedding", "net.embed"),
        *_blocks("Spatial_blocks", "net.spatial.blocks", options["depth"]),
        *(
            Pair(f"blocks.{i}.{theirs}", f"net.temporal.{i}.{mine}")
            for i in range(options["depth"])
            for theirs, mine in mixed.items()
        ),
        Pair("Spatial_norm", "net.spatial.norm"),
        Pair("Temporal_norm", "net.norm"),
        Pair("weighted_mean", "net.frequency_mean"),
        Pair("weighted_mean_", "net.frame_mean"),
        Pair("head", "net.head"),
    ]


def iganet(options: Options) -> list[Pair]:
    """Liu et al., ``Model``."""
    layers = zip(("fc1", "fc3", "fc4", "fc5"), range(4), strict=True)
    inside = {
        "norm1": "joint_norm",
        "norm_att1": "attention_norm",
        "attn.qkv": "attention.qkv",
        "attn.proj": "attention.project",
        "norm2": "mlp_norm",
        "uMLP.linear512_256.linear": "mlp.down",
        "uMLP.linear256_256.linear": "mlp.across",
        "uMLP.linear256_512.linear": "mlp.up",
        "s_gcn2attn": "to_attention",
        "s_attn2gcn": "to_graph",
    }
    pairs = [Pair(f"encoder.{name}", f"net.encoder.{i}") for name, i in layers]
    for i in range(options["depth"]):
        theirs, mine = f"IGANet.blocks.{i}", f"net.blocks.{i}"
        pairs += [Pair(f"{theirs}.{a}", f"{mine}.{b}") for a, b in inside.items()]
        pairs += [
            Pair(f"{theirs}.GCN_Block1.conv1d", f"{mine}.first_convolution.linear", 1),
            Pair(f"{theirs}.GCN_Block2.conv1d", f"{mine}.second_convolution.linear", 1),
        ]
    return [*pairs, Pair("IGANet.norm", "net.norm"), Pair("fcn", "net.last")]


def simple_baseline(norm: str) -> Callable[[Options], list[Pair]]:
    """Return the table of a port of Martinez et al. that names its batch normalisation so."""

    def pairs(options: Options) -> list[Pair]:
        found = [Pair("w1", "net.first.0"), Pair(f"{norm}1", "net.first.1")]
        for i in range(options["blocks"]):
            for layer in (1, 2):
                theirs, mine = f"linear_stages.{i}", f"net.blocks.{i}.{layer - 1}"
                found += [
                    Pair(f"{theirs}.w{layer}", f"{mine}.0"),
                    Pair(f"{theirs}.{norm}{layer}", f"{mine}.1"),
                ]
        return [*found, Pair("w2", "net.last")]

    return pairs


def elepose(options: Options) -> list[Pair]:
    """Wandt et al., the flow: FrEIA's ``SequenceINN``."""
    blocks = "flows.full.flow._transform.blocks"
    return [Pair(f"module_list.{i}", f"{blocks}.{i}") for i in range(options["blocks"])]


def lstm(options: Options) -> list[Pair]:
    """``LSTM_PoseNet`` of bargav25/3D-Human-Pose-Estimation."""
    return [Pair("lstm", "net.recurrent"), Pair("fc", "net.last")]


def transformer(options: Options) -> list[Pair]:
    """``SimpleTransformerPoseNet`` of bargav25/3D-Human-Pose-Estimation."""
    return [
        Pair("input_linear", "net.embed"),
        Pair("transformer_encoder", "net.encoder"),
        Pair("output_linear", "net.last"),
    ]


def window_mlp(options: Options) -> list[Pair]:
    """``SimplePoseNet`` of bargav25/3D-Human-Pose-Estimation."""
    return [Pair("fc1", "net.0"), Pair("fc2", "net.2")]
