"""SimpleBaseline (Martinez et al.) in two ports, which name their batch normalisation differently.

Its statistics are mean and standard deviation of every coordinate: ``mean_2d`` and ``std_2d`` in pixels,
``mean_3d`` and ``std_3d`` of root-relative millimetres, joint by joint in the order of the joint sets.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lifting.errors import InputError
from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.shapes import ShapeReader
from lifting.published.statistics import Arrays, Statistics, checked_array, to_tensor
from lifting.skeletons import skeleton


def _options(shapes: ShapeReader) -> Options:
    outputs, points = shapes.item_count("w2.weight", 0, 3), shapes.item_count("w1.weight", 1, 2)
    name = shapes.user_options.get("skeleton")
    # Sixteen outputs are Human3.6M's seventeen joints without the root, unless said otherwise.
    whole = outputs != 16 if name is None else outputs == len(skeleton(name))
    return {
        "width": shapes.size("w1.weight", 0),
        "blocks": shapes.count("linear_stages"),
        "predict_root": whole,
        "skeleton": shapes.joint_set("skeleton", outputs + (not whole), "w2.weight"),
        "keypoint_skeleton": shapes.joint_set("keypoint_skeleton", points, "w1.weight"),
    }


def _pairs(options: Options, norm: str) -> list[Pair]:
    pairs = [Pair("w1", "net.first.0"), Pair(f"{norm}1", "net.first.1")]
    for i in range(options["blocks"]):
        for layer in (1, 2):
            published, ours = f"linear_stages.{i}", f"net.blocks.{i}.{layer - 1}"
            pairs += [
                Pair(f"{published}.w{layer}", f"{ours}.0"),
                Pair(f"{published}.{norm}{layer}", f"{ours}.1"),
            ]
    return [*pairs, Pair("w2", "net.last")]


def _to_buffers(options: Options, arrays: Arrays) -> dict[str, Tensor]:
    keypoints = len(skeleton(options["keypoint_skeleton"]))
    pose = skeleton(options["skeleton"])
    buffers = {}
    for key, name in (("mean", "mean"), ("std", "deviation")):
        points = checked_array(arrays, f"{key}_2d", (keypoints, 2))
        buffers[f"standardise_keypoints.{name}"] = points
        shapes = [(len(pose), 3)]
        if not options["predict_root"]:
            shapes.append((len(pose) - 1, 3))
        values = checked_array(arrays, f"{key}_3d", *shapes)
        if len(values) < len(pose):
            # The root, which is always zero.
            values = np.insert(values, pose.root, 0.0, axis=0)
        buffers[f"standardise_pose.{name}"] = values
    for name, values in buffers.items():
        if name.endswith("deviation") and (values < 0).any():
            what = "some deviations are negative"
            raise InputError(what, "--statistics", "check std_2d and std_3d.")
    return {name: to_tensor(values) for name, values in buffers.items()}


def _to_arrays(state: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {
        "mean_2d": state["standardise_keypoints.mean"],
        "std_2d": state["standardise_keypoints.deviation"],
        "mean_3d": state["standardise_pose.mean"],
        "std_3d": state["standardise_pose.deviation"],
    }


FAMILY = LifterFamily(
    name="SimpleBaseline",
    methods=("SimpleBaseline",),
    infer=_options,
    layouts=(
        Layout(partial(_pairs, norm="bn"), "linear_stages.0.bn1.weight"),
        Layout(
            partial(_pairs, norm="batch_norm"), "linear_stages.0.batch_norm1.weight", "state_dict"
        ),
    ),
    fixed=lambda options: {"legacy": False},
    statistics=Statistics(_to_buffers, _to_arrays),
)
