"""Window MLP lifter (``SimplePoseNet`` of bargav25/3D-Human-Pose-Estimation)."""

from lifting.published.families.base import Layout, LifterFamily, Options, Pair
from lifting.published.shapes import ShapeReader
from lifting.skeletons import skeleton


def _options(shapes: ShapeReader) -> Options:
    name = shapes.joint_set("skeleton", shapes.item_count("fc2.weight", 0, 3), "fc2.weight")
    keypoints = shapes.user_options.get("keypoint_skeleton") or name
    return {
        "frames": shapes.item_count("fc1.weight", 1, 2 * len(skeleton(keypoints))),
        "width": shapes.size("fc1.weight", 0),
        "skeleton": name,
        "keypoint_skeleton": keypoints,
    }


def _pairs(options: Options) -> list[Pair]:
    return [Pair("fc1", "net.0"), Pair("fc2", "net.2")]


FAMILY = LifterFamily(
    name="WindowMLPLifter",
    methods=("WindowMLPLifter",),
    infer=_options,
    layouts=(Layout(_pairs, "fc1.weight"),),
    fixed=lambda options: {"standardise": False},
)
