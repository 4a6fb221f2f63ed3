"""LInKs (Hardy and Kim): the lifters of two parts, a file each, whose normalisation is never applied.

Its statistic is ``head_distance``, the mean distance of root and head over the training poses in
pixels, a constant of the published code.
"""

from torch import Tensor

from lifting.nets.part_lifters import part_joints
from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import (
    depth_lifter,
    flow_lifter_buffers,
    head_distance,
    unused_norms,
)
from lifting.published.shapes import ShapeReader
from lifting.skeletons import skeleton

SPLITS = {"left_right": ("left", "right"), "leg_torso": ("legs", "torso")}
MARK = "res_angle3.l1.weight"
# The mean distance over the training frames of the publication.
HEAD_DISTANCE = 145.40964


def lifter_options(shapes: ShapeReader, part: str) -> tuple[int, int]:
    """Return width and blocks of the heads of a part's lifter."""
    return shapes.size(f"{part}.upscale.weight", 0), shapes.count_alike(f"{part}.res_pose")


def part_pairs(part: str, ours: str, blocks: int) -> list[Pair]:
    """Return the table of a part's lifter."""
    joints = part_joints(skeleton("h36m17"), part)
    return depth_lifter(f"{part}.", ours, blocks, "downscale", len(joints))


def unused_of_part(part: str, width: int, blocks: int) -> dict[str, Tensor]:
    """Return the normalisation layers of a part's lifter."""
    heads = [f"res_{head}{i + 1}" for head in ("pose", "angle") for i in range(blocks)]
    return unused_norms(f"{part}.", width, ["res_common", *heads])


def _options(shapes: ShapeReader) -> Options:
    split = next(s for s, parts in SPLITS.items() if f"{parts[0]}.{MARK}" in shapes.tensors)
    width, blocks = lifter_options(shapes, SPLITS[split][0])
    return {
        "split": split,
        "width": width,
        "head_blocks": blocks,
        "skeleton": "h36m17",
        "keypoint_skeleton": "h36m17",
    }


def _pairs(options: Options) -> list[Pair]:
    return [
        pair
        for i, part in enumerate(SPLITS[options["split"]])
        for pair in part_pairs(part, f"lifters.lifters.{i}", options["head_blocks"])
    ]


def _unused(options: Options) -> dict[str, Tensor]:
    return {
        name: value
        for part in SPLITS[options["split"]]
        for name, value in unused_of_part(part, options["width"], options["head_blocks"]).items()
    }


def _fixed(options: Options) -> Options:
    # Where both parts give a joint a depth, the published test takes the right one's.
    merge = {"merge": "right"} if options["split"] == "left_right" else {}
    return {"gain": 1.0, "depth": "clamp", **merge}


FAMILY = LifterFamily(
    name="LInKs",
    methods=("LInKs",),
    infer=_options,
    layouts=tuple(Layout(_pairs, f"{parts[0]}.{MARK}") for parts in SPLITS.values()),
    fixed=_fixed,
    statistics=head_distance(HEAD_DISTANCE),
    unused=_unused,
    buffers=flow_lifter_buffers,
    parts=tuple(SPLITS.values()),
)
