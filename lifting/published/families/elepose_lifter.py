"""ElePose (Wandt et al.): the lifter, ``DepthAngleEstimator``, whose normalisation is never applied.

Its statistic is ``head_distance``, the mean distance of root and head over the training poses in
pixels, a constant of the published code.
"""

import torch
from torch import Tensor

from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.families.common import (
    depth_lifter,
    flow_lifter_buffers,
    head_distance,
    places_right_arm_first,
    unused_norms,
)
from lifting.published.shapes import ShapeReader

_MARK = "depth.weight"
# The mean distance over the training frames of the publication.
_HEAD_DISTANCE = 145.5329587164913


def _options(shapes: ShapeReader) -> Options:
    name = shapes.joint_set("skeleton", shapes.size(_MARK, 0), _MARK)
    return {
        "width": shapes.size("upscale.weight", 0),
        "head_blocks": shapes.count_alike("res_pose"),
        "skeleton": name,
        "keypoint_skeleton": name,
    }


def _pairs(options: Options) -> list[Pair]:
    order = places_right_arm_first()
    return depth_lifter("", "lifters.lifters.0", options["head_blocks"], "depth", len(order), order)


def _unused(options: Options) -> dict[str, Tensor]:
    heads = range(1, options["head_blocks"] + 1)
    blocks = ["res_common", *(f"res_{head}{i}" for head in ("pose", "angle") for i in heads)]
    norms = unused_norms("", options["width"], blocks)
    width = options["width"]
    # These are batch normalisation.
    for block in blocks:
        for i in (1, 2):
            norms |= {
                f"{block}.bn{i}.running_mean": torch.zeros(width),
                f"{block}.bn{i}.running_var": torch.ones(width),
                f"{block}.bn{i}.num_batches_tracked": torch.zeros((), dtype=torch.int64),
            }
    return norms


FAMILY = LifterFamily(
    name="ElePoseLifter",
    methods=("ElePose",),
    infer=_options,
    layouts=(Layout(_pairs, _MARK),),
    fixed=lambda options: {"gain": 1.0, "depth": "clamp", "skeleton": "h36m17"},
    statistics=head_distance(_HEAD_DISTANCE),
    unused=_unused,
    buffers=flow_lifter_buffers,
)
