"""Tables of names and readers of shapes that several families share."""

from lifting.published.families.base import Options, Pair
from lifting.published.shapes import ShapeReader


def lifter_joints(shapes: ShapeReader, poses: str, keypoints: str) -> Options:
    """Return the joint sets by the rows of the last layer's weights and the columns of the first's."""
    joints, points = shapes.item_count(poses, 0, 3), shapes.item_count(keypoints, 1, 2)
    return {
        "skeleton": shapes.joint_set("skeleton", joints, poses),
        "keypoint_skeleton": shapes.joint_set("keypoint_skeleton", points, keypoints),
    }


def same_joints(shapes: ShapeReader, tensor: str, axis: int) -> Options:
    """Return the joint set of keypoints and poses alike, by the length of a tensor along an axis."""
    name = shapes.joint_set("skeleton", shapes.size(tensor, axis), tensor)
    return {"skeleton": name, "keypoint_skeleton": name}


def transformer_blocks(published: str, ours: str, depth: int) -> list[Pair]:
    """Return the table of pre-norm transformer blocks, as all families of timm's lineage name them."""
    layers = {
        "norm1": "attention_norm",
        "attn.qkv": "attention.qkv",
        "attn.proj": "attention.project",
        "norm2": "feed_forward_norm",
        "mlp.fc1": "feed_forward.0",
        "mlp.fc2": "feed_forward.2",
    }
    return numbered_blocks(published, ours, depth, layers)


def numbered_blocks(published: str, ours: str, depth: int, layers: dict[str, str]) -> list[Pair]:
    """Return the table of blocks that are numbered from 0, by the names of a block's layers."""
    return [
        Pair(f"{published}.{i}.{layer}", f"{ours}.{i}.{our_layer}")
        for i in range(depth)
        for layer, our_layer in layers.items()
    ]


def detector_joints(shapes: ShapeReader) -> Options:
    """Return the number of joints of a detector's file; nothing where it is of a classifier."""
    # Of the same name is a module of HRNet's classifier, whose tensors are one deeper.
    name = "final_layer.weight"
    return {"joints": shapes.size(name, 0)} if name in shapes.tensors else {}


def convolution(published: str, published_norm: str, ours: str) -> list[Pair]:
    """Return the table of a convolution and its batch normalisation."""
    return [Pair(published, f"{ours}.0"), Pair(published_norm, f"{ours}.1")]


def residual_block(published: str, ours: str, layers: int) -> list[Pair]:
    """Return the table of a residual block of so many convolutions, as torchvision names them."""
    pairs = [Pair(f"{published}.downsample", f"{ours}.skip")]
    for i in range(layers):
        names = f"{published}.conv{i + 1}", f"{published}.bn{i + 1}"
        pairs += convolution(*names, f"{ours}.layers.{i}")
    return pairs
