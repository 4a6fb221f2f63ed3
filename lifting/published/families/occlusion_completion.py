"""LInKs (Hardy and Kim): the eight completion networks and the four lifters that they complete.

Each is a file of its own. The statistic is that of the lifters, ``head_distance``.
"""

import torch
from torch import Tensor

from lifting.nets.head_scale import MEAN_BONE
from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import (
    axis_major,
    head_distance,
    leaky_block,
    unused_norms,
)
from lifting.published.families.links import (
    HEAD_DISTANCE,
    SPLITS,
    lifter_options,
    part_pairs,
    unused_of_part,
)
from lifting.published.shapes import ShapeReader
from lifting.skeletons import skeleton
from lifting.skeletons.occlusion import CASES

_CASES = {f"{case.name}_estimator": case for case in CASES if case.missing}
_LIFTERS = {part: (split, i) for split, parts in SPLITS.items() for i, part in enumerate(parts)}
_FIRST = next(iter(_CASES))


def _options(shapes: ShapeReader) -> Options:
    width, blocks = lifter_options(shapes, "left")
    return {
        "width": shapes.size(f"{_FIRST}.upscale.weight", 0),
        "blocks": shapes.count_alike(f"{_FIRST}.res_pose"),
        "lifter_width": width,
        "lifter_head_blocks": blocks,
        "skeleton": "h36m17",
        "keypoint_skeleton": "h36m17",
    }


def _pairs(options: Options) -> list[Pair]:
    pairs = []
    for part, (split, i) in _LIFTERS.items():
        ours = f"lifters.{split}.lifters.{i}"
        pairs += part_pairs(part, ours, options["lifter_head_blocks"])
    joints, blocks = skeleton("h36m17"), options["blocks"]
    for name, case in _CASES.items():
        ours = f"nets.{case.name}.net"
        seen, completed = len(case.observed(joints)), len(case.completed(joints))
        pairs.append(Pair(f"{name}.upscale", f"{ours}.0", columns=axis_major(seen, 3)))
        for i in range(blocks):
            pairs += leaky_block(f"{name}.res_pose{i + 1}", f"{ours}.1.{i}")
        rows = axis_major(completed, 3)
        pairs.append(Pair(f"{name}.downscale", f"{ours}.1.{blocks}", rows=rows))
    return pairs


def _unused(options: Options) -> dict[str, Tensor]:
    unused: dict[str, Tensor] = {}
    for part in _LIFTERS:
        unused |= unused_of_part(part, options["lifter_width"], options["lifter_head_blocks"])
    width = options["width"]
    poses = [f"res_pose{i + 1}" for i in range(options["blocks"])]
    for name in _CASES:
        # A whole block is built, and passed by.
        unused |= unused_norms(f"{name}.", width, ["res_common", *poses])
        for layer in ("l1", "l2"):
            unused[f"{name}.res_common.{layer}.weight"] = torch.zeros(width, width)
            unused[f"{name}.res_common.{layer}.bias"] = torch.zeros(width)
    return unused


FAMILY = LifterFamily(
    name="OcclusionCompletion",
    methods=("OcclusionCompletion",),
    infer=_options,
    layouts=(Layout(_pairs, f"{_FIRST}.res_pose3.l1.weight"),),
    fixed=lambda options: {"lifter_gain": 1.0, "depth": "clamp"},
    statistics=head_distance(HEAD_DISTANCE),
    unused=_unused,
    buffers=lambda options: {"mean_bone": torch.tensor(MEAN_BONE)},
    parts=((*_LIFTERS, *_CASES),),
)
