"""Requests of the playground: a 2D skeleton that is lifted while it is dragged."""

from typing import Any, TypeGuard

import numpy as np

from lifting.errors import InputError
from lifting.inference.app.example_poses import POSES, example_pose
from lifting.inference.app.lifters import Lifters
from lifting.inference.prediction import lift
from lifting.skeletons import Skeleton, skeleton
from lifting.viz.player import describe

# Width and height of the image that is dragged in, and of its middle, which is shown. The person is as
# large on it as on the images of Human3.6M.
SIZE, SHOWN = 1000.0, 560.0
# Pixels; what is farther away is not on an image.
_MAX_COORDINATE = 1e5


def describe_lifter(lifters: Lifters, name: str) -> dict[str, Any]:
    """Return what the page needs of a lifter: its keypoints, its joints, and poses to begin with.

    Raises:
        InputError: If there is no such lifter.
    """
    method = lifters[name]
    points, joints = (skeleton(method.hparams[name]) for name in ("keypoint_skeleton", "skeleton"))
    return {
        "view": [(SIZE - SHOWN) / 2, (SIZE - SHOWN) / 2, SHOWN, SHOWN],
        "size": SIZE,
        "keypoints": describe(points) | {"mirror": points.mirror},
        "joints": describe(joints) | {"mirror": joints.mirror},
        "method": type(method).__name__,
        "poses": {pose: example_pose(points, pose, SIZE).round(1).tolist() for pose in POSES},
    }


def lift_points(lifters: Lifters, content: object) -> dict[str, Any]:
    """Lift the skeleton on the page.

    Args:
        lifters: The lifters.
        content: ``lifter``, a name, ``points``, pixels or null for each of its keypoints, and ``size``
            of the image.

    Raises:
        InputError: If it is not that, or cannot be lifted.
    """
    if not isinstance(content, dict) or not isinstance(content.get("lifter"), str):
        raise InputError("Nothing can be lifted of that: load the page again.")
    method = lifters[content["lifter"]]
    joints = skeleton(method.hparams["keypoint_skeleton"])
    points, size = _points(content.get("points"), joints), _size(content.get("size"))
    lifted = lift(points, method, skeleton=joints.name, size=size)
    pose = lifted.pose[0].astype(np.float64)
    known = np.isfinite(pose).all(-1)
    if not known.any():
        raise InputError("Too little is seen to tell the pose: show some of the joints again.")
    points_3d = [p if k else None for p, k in zip(pose.round(1).tolist(), known, strict=True)]
    return {"pose": points_3d, "hidden": np.flatnonzero(~lifted.known[0]).tolist()}


def _points(content: object, joints: Skeleton) -> np.ndarray:
    points = np.full((len(joints), 2), np.nan)
    if not isinstance(content, list) or len(content) != len(joints):
        raise InputError(f"There are {len(joints)} points to give: load the page again.")
    for index, point in enumerate(content):
        if point is None:
            continue
        if not _numbers(point):
            raise InputError("A point is no place on the image: load the page again.")
        points[index] = point
    return points


def _size(content: object) -> tuple[float, float]:
    if not _numbers(content) or min(content) < 1:
        raise InputError("That is no size of an image: load the page again.")
    width, height = content
    return float(width), float(height)


def _numbers(content: object) -> TypeGuard[list[float]]:
    """Tell two finite numbers from anything else: JSON also knows NaN and Infinity."""
    return (
        isinstance(content, list)
        and len(content) == 2
        and all(type(x) in (int, float) and abs(x) <= _MAX_COORDINATE for x in content)
    )
