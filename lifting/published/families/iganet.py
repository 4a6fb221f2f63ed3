"""IGANet (Liu et al., ``Model``), whose files may hold its graph several times."""

from torch import Tensor

from lifting.nets.iganet import joint_graph
from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import numbered_blocks, same_joints
from lifting.published.shapes import ShapeReader
from lifting.skeletons import skeleton

_LAYERS = {
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


def _options(shapes: ShapeReader) -> Options:
    return {
        "width": shapes.size("IGANet.norm.weight", 0),
        "depth": shapes.count("IGANet.blocks"),
        **same_joints(shapes, "IGANet.blocks.0.norm1.weight", 0),
    }


def _pairs(options: Options) -> list[Pair]:
    depth = options["depth"]
    pairs = [
        Pair(f"encoder.{name}", f"net.encoder.{i}")
        for i, name in enumerate(("fc1", "fc3", "fc4", "fc5"))
    ]
    pairs += numbered_blocks("IGANet.blocks", "net.blocks", depth, _LAYERS)
    for i in range(depth):
        published, ours = f"IGANet.blocks.{i}", f"net.blocks.{i}"
        pairs += [
            Pair(f"{published}.GCN_Block1.conv1d", f"{ours}.first_convolution.linear", 1),
            Pair(f"{published}.GCN_Block2.conv1d", f"{ours}.second_convolution.linear", 1),
        ]
    return [*pairs, Pair("IGANet.norm", "net.norm"), Pair("fcn", "net.last")]


def _graph(options: Options) -> dict[str, Tensor]:
    body = skeleton(options["skeleton"])
    centre = body.index("spine") if "spine" in body.joints else body.root
    graph = joint_graph(body.parents, body.mirror_pairs, centre)
    names = ["A"]
    for i in range(options["depth"]):
        block = f"IGANet.blocks.{i}"
        names += [f"{block}.adj", f"{block}.GCN_Block1.adj", f"{block}.GCN_Block2.adj"]
    return dict.fromkeys(names, graph)


FAMILY = LifterFamily(
    name="IGANet",
    methods=("IGANet",),
    infer=_options,
    layouts=(Layout(_pairs, "IGANet.norm.weight"),),
    free={"heads": int},
    fixed=lambda options: {"encoder_activation": False},
    constants=_graph,
)
