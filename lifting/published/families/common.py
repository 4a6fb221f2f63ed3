"""Tables of names and readers of shapes that several families share."""

from collections import ChainMap
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from lifting.errors import InputError
from lifting.nets.head_scale import MEAN_BONE
from lifting.published.families.base import Options, Pair
from lifting.published.shapes import ShapeReader
from lifting.published.statistics import Arrays, Statistics, checked_array, to_tensor
from lifting.skeletons import skeleton
from lifting.skeletons.bone_ratios import published_bone_ratios


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


def axis_major(joints: int, axes: int, published: Sequence[int] = ()) -> tuple[int, ...]:
    """Return the published place of our values x0, y0, x1, ... among x0, x1, ..., y0, y1, ...

    Args:
        joints: Number of joints.
        axes: Coordinates of each.
        published: The published place of each of our joints; the same where not given.
    """
    places = published or range(joints)
    return tuple(axis * joints + places[joint] for joint in range(joints) for axis in range(axes))


def places_right_arm_first() -> list[int]:
    """Return the place of each joint of h36m17 in ElePose's order, which has the right arm first."""
    joints = skeleton("h36m17").joints
    arms = [joint for joint in joints if joint.endswith(("shoulder", "elbow", "wrist"))]
    right_first = [j for side in ("right", "left") for j in arms if j.startswith(side)]
    published = [joint for joint in joints if joint not in arms] + right_first
    return [published.index(joint) for joint in joints]


def depth_lifter(
    published: str, ours: str, blocks: int, depth: str, joints: int, order: Sequence[int] = ()
) -> list[Pair]:
    """Return the table of a lifter of ElePose or LInKs, which sees all x before all y.

    Args:
        published: What stands before its names.
        ours: Our name of it.
        blocks: Residual blocks of each head.
        depth: Published name of the layer that gives the depths.
        joints: Its joints.
        order: Their published places, see :func:`axis_major`.
    """
    pairs = [
        Pair(f"{published}upscale", f"{ours}.trunk.0", columns=axis_major(joints, 2, order)),
        *leaky_block(f"{published}res_common", f"{ours}.trunk.1"),
    ]
    for head, name in (("depth_head", "res_pose"), ("elevation_head", "res_angle")):
        for i in range(blocks):
            pairs += leaky_block(f"{published}{name}{i + 1}", f"{ours}.{head}.{i}")
    return [
        *pairs,
        Pair(f"{published}{depth}", f"{ours}.depth_head.{blocks}", rows=tuple(order)),
        Pair(f"{published}angles", f"{ours}.elevation_head.{blocks}"),
    ]


def leaky_block(published: str, ours: str, names: tuple[str, str] = ("l1", "l2")) -> list[Pair]:
    """Return the table of a residual block of two linear layers."""
    first, second = names
    return [
        Pair(f"{published}.{first}", f"{ours}.first"),
        Pair(f"{published}.{second}", f"{ours}.second"),
    ]


def pose_critic(published: str) -> list[Pair]:
    """Return the table of 3d-human-pose's critic of poses."""
    ours = "critics.pose"
    layers = {
        **{"w11": "over_joints.0", "w12": "over_joints.3", "w2": "over_bones.0"},
        **{"w3": "last.0", "w4": "last.2"},
    }
    return [
        *(Pair(f"{published}.{name}", f"{ours}.{layer}") for name, layer in layers.items()),
        *leaky_block(f"{published}.linear_stage1", f"{ours}.over_joints.2", ("w1", "w2")),
        *leaky_block(f"{published}.linear_stage2", f"{ours}.over_bones.2", ("w1", "w2")),
    ]


def unused_norms(published: str, width: int, blocks: Iterable[str]) -> dict[str, Tensor]:
    """Return what the normalisation layers of residual blocks begin with, which are never applied."""
    values = {"weight": torch.ones(width), "bias": torch.zeros(width)}
    return {
        f"{published}{block}.bn{i}.{name}": value
        for block in blocks
        for i in (1, 2)
        for name, value in values.items()
    }


def flow_lifter_buffers(options: Options) -> dict[str, Tensor]:
    """Return the buffers of ElePose and LInKs besides the scale: an average person's proportions."""
    return {
        "mean_bone": torch.tensor(MEAN_BONE),
        "bone_ratios": published_bone_ratios("h36m", options["skeleton"]),
        "gradient_norm": torch.zeros(()),
    }


def head_scale(arrays: Arrays, default: float | None = None) -> dict[str, Tensor]:
    """Return the buffer of the scale of keypoints, ``head_distance``.

    Args:
        arrays: Given arrays.
        default: The distance where none is given, pixels.

    Raises:
        InputError: If it is no distance, or none is given and there is no default.
    """
    given = arrays if default is None else ChainMap(dict(arrays), {"head_distance": default})
    distance = checked_array(given, "head_distance", ())
    if distance <= 0:
        raise InputError("head_distance is not positive", "--statistics", "give pixels.")
    return {"head_scale.scale": to_tensor(distance)}


def head_distance(pixels: float) -> Statistics:
    """Return the scale of keypoints as a statistic, which the published code has as a constant."""
    return Statistics(
        lambda options, arrays: head_scale(arrays, pixels),
        lambda state: {"head_distance": state["head_scale.scale"]},
    )
