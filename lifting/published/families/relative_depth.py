"""It's all Relative (Ronchi et al., ``LinearModel``): the lifter from relative depth, and its twin.

The statistics are in its files: ``stat_2d.mean`` and ``stat_2d.std`` of root-relative pixels,
``stat_3d.mean`` and ``stat_3d.std`` of root-relative millimetres, which the twin needs, and
``stat_3d.avg_limb_lens``, the mean length of every limb, which the other one needs. They are in the
order of the authors' joint sets; only that of the sixteen joints differs from ours.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.shapes import ShapeReader
from lifting.published.statistics import Arrays, Statistics, checked_array, to_tensor
from lifting.skeletons import skeleton
from lifting.skeletons.limbs import limbs, unit_limb

_USUAL = {19: "h36m19", 17: "h36m17", 16: "h36m16", 14: "lsp14"}
# The sixteen joints in the order of MPII.
_SIXTEEN = (
    *("right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle"),
    *("pelvis", "spine", "thorax", "head"),
    *("right_wrist", "right_elbow", "right_shoulder"),
    *("left_shoulder", "left_elbow", "left_wrist"),
)
# Limbs of the fourteen joints that the authors measure and leave out: the two sides of the trunk.
_LEFT_OUT = {"lsp14": (11, 12)}
# What the layer of units, which is not used there, begins and ends with in the twin.
_UNUSED_UNIT = -1.0


def _method(shapes: ShapeReader) -> str:
    unit = shapes.tensors.get("mult")
    twin = unit is not None and bool((unit == _UNUSED_UNIT).all())
    return "RelativeDepthTwin" if twin else "RelativeDepth"


def _options(shapes: ShapeReader) -> Options:
    joints = shapes.item_count("w2.weight", 0, 3)
    name = shapes.joint_set("skeleton", joints, "w2.weight", _USUAL)
    return {
        "width": shapes.size("w1.weight", 0),
        "blocks": shapes.count("linear_stages"),
        "skeleton": name,
        "keypoint_skeleton": name,
    }


def _places(options: Options) -> list[int]:
    joints = skeleton(options["skeleton"]).joints
    published = _SIXTEEN if options["skeleton"] == "h36m16" else joints
    return [published.index(joint) for joint in joints]


def _values(options: Options, axes: int) -> tuple[int, ...]:
    return tuple(axes * place + axis for place in _places(options) for axis in range(axes))


def _pairs(options: Options) -> list[Pair]:
    pairs = [
        Pair("w1", "net.first.0", columns=_values(options, 2)),
        Pair("batch_norm1", "net.first.1"),
    ]
    for i in range(options["blocks"]):
        for layer in (1, 2):
            published, ours = f"linear_stages.{i}", f"net.blocks.{i}.{layer - 1}"
            pairs += [
                Pair(f"{published}.w{layer}", f"{ours}.0"),
                Pair(f"{published}.batch_norm{layer}", f"{ours}.1"),
            ]
    rows = _values(options, 3)
    # The twin has neither of the last two.
    return [
        *pairs,
        Pair("w2", "net.last", rows=rows),
        Pair("mult", "net.unit", rows=rows),
        Pair("ws", "net.scale"),
    ]


def _is_twin(options: Options) -> bool:
    return "standard" in options


def _unused(options: Options) -> dict[str, Tensor]:
    if not _is_twin(options):
        return {}
    return {
        "mult": torch.full((3 * len(skeleton(options["skeleton"])),), _UNUSED_UNIT),
        "ws.weight": torch.zeros(1, options["width"]),
        "ws.bias": torch.zeros(1),
    }


def _to_buffers(options: Options, arrays: Arrays) -> dict[str, Tensor]:
    name, places = options["skeleton"], _places(options)
    joints = len(places)

    def of_joints(which: str, axes: int) -> Tensor:
        return to_tensor(checked_array(arrays, which, (joints, axes))[places])

    buffers = {
        "standardise_keypoints.mean": of_joints("stat_2d.mean", 2),
        "standardise_keypoints.deviation": of_joints("stat_2d.std", 2),
    }
    if _is_twin(options):
        return buffers | {
            "standardise_pose.mean": of_joints("stat_3d.mean", 3),
            "standardise_pose.deviation": of_joints("stat_3d.std", 3),
        }
    left_out = _LEFT_OUT.get(name, ())
    count = len(limbs(name)) + len(left_out)
    lengths = np.delete(checked_array(arrays, "stat_3d.avg_limb_lens", (count,)), left_out)
    return buffers | {
        "ratios": to_tensor(lengths / lengths[unit_limb(name)]),
        "mean_limb": to_tensor(np.asarray(lengths.mean())),
    }


def _to_arrays(state: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    joints = len(state["standardise_keypoints.mean"])
    places = _places({"skeleton": _USUAL[joints]})
    order = np.argsort(places)
    arrays = {
        "stat_2d.mean": state["standardise_keypoints.mean"][order].ravel(),
        "stat_2d.std": state["standardise_keypoints.deviation"][order].ravel(),
    }
    if "standardise_pose.mean" in state:
        return arrays | {
            "stat_3d.mean": state["standardise_pose.mean"][order].ravel(),
            "stat_3d.std": state["standardise_pose.deviation"][order].ravel(),
        }
    ratios = state["ratios"]
    lengths = ratios * (state["mean_limb"] / ratios.mean())
    for place in _LEFT_OUT.get(_USUAL[joints], ()):
        lengths = np.insert(lengths, place, 0.0)
    return arrays | {"stat_3d.avg_limb_lens": lengths[None]}


FAMILY = LifterFamily(
    name="RelativeDepth",
    methods=("RelativeDepth", "RelativeDepthTwin"),
    choose_method=_method,
    infer=_options,
    layouts=(Layout(_pairs, "ws.weight", "state_dict"),),
    free={"camera": ("scaled_orthographic", "weak_perspective")},
    statistics=Statistics(_to_buffers, _to_arrays, inside=True),
    unused=_unused,
)
