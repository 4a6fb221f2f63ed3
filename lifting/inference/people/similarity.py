"""Keypoint similarity of detections, of which each may lack some, and second detections by it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from lifting.metrics.oks import AREA_OF_BOX, SIGMAS
from lifting.skeletons import skeleton
from lifting.skeletons.t_pose import t_pose

# Of joints without a published constant: the mean of COCO's seventeen.
_USUAL = float(np.mean([s for joint, s in SIGMAS.items() if joint not in ("head_top", "neck")]))
# Poses of a frame that are as similar are of one person. People who cross are less similar than 0.8 but
# for a frame or two. Of a face, whose constants are small, half is as near: 3 % of a person's height.
_SAME, _SAME_IN_PART = 0.8, 0.5
# A pose in part has at most this share of the keypoints of the other.
_PART = 2 / 3
# Half of the width of somebody whose arms are at the body, centimetres.
_WIDTH = 20.0
# Share of the less complete pose's keypoints that both must have to be compared.
_COMMON = 0.5


def seen_points(points: Float[ndarray, "*batch K 3"]) -> Bool[ndarray, "*batch K"]:
    """Return which keypoints are there: finite, and of any confidence."""
    there: Bool[ndarray, "*batch K"] = np.isfinite(points).all(-1) & (points[..., 2] > 0)
    return there


def sigmas_of(joint_set: str) -> Float[ndarray, " K"]:
    """Return COCO's constant of each joint of a set."""
    return np.array([SIGMAS.get(joint, _USUAL) for joint in skeleton(joint_set).joints])


def extent(
    places: Float[ndarray, "*batch K 2"], seen: Bool[ndarray, "*batch K"]
) -> Float[ndarray, "*batch 2"]:
    """Return width and height of the box around what is seen, pixels; at least one."""
    low = np.where(seen[..., None], places, np.inf).min(-2)
    high = np.where(seen[..., None], places, -np.inf).max(-2)
    return np.maximum(high - low, 1.0)


def standing(joint_set: str) -> Float[ndarray, "K 2"]:
    """Return the keypoints of somebody upright, arms at the body, seen from the front, centimetres."""
    places = t_pose(skeleton(joint_set))[:, :2]
    places[:, 0] = places[:, 0].clip(-_WIDTH, _WIDTH)
    return places


def similarity(
    pose: Float[ndarray, "K 3"], others: Float[ndarray, "N K 3"], sigmas: Float[ndarray, " K"]
) -> Float[ndarray, " N"]:
    """Return the object keypoint similarity of a pose to others, 0 to 1, over the keypoints of both.

    It is COCO's (:mod:`lifting.metrics.oks`), with the area of the larger one, since of the other only a
    part may be seen. Poses with few keypoints in common have none.
    """
    seen, theirs = seen_points(pose), seen_points(others)
    both = seen & theirs
    areas = [extent(p[..., :2], s).prod(-1) for p, s in ((pose, seen), (others, theirs))]
    squared = np.where(both, np.square(others[..., :2] - pose[:, :2]).sum(-1), 0.0)
    scale = 2 * np.square(2 * sigmas) * AREA_OF_BOX * np.maximum(*areas)[:, None]
    common = both.sum(-1)
    mean = np.where(both, np.exp(-squared / scale), 0.0).sum(-1) / np.maximum(common, 1)
    least = np.minimum(seen.sum(), theirs.sum(-1))
    return np.where(common >= np.maximum(1.0, _COMMON * least), mean, 0.0)


def without_doubles(
    poses: Sequence[Float[ndarray, "K 3"]], sigmas: Float[ndarray, " K"]
) -> list[int]:
    """Return the places of the poses of a frame that are not of somebody who is there already.

    Of two that are of one person the more complete one stays, and of equally complete ones the surer.
    """
    every = np.stack(poses)
    seen = seen_points(every)
    counts, scores = seen.sum(-1), np.where(seen, every[..., 2], 0.0).sum(-1)
    order = [n for n in np.lexsort((-scores, -counts)) if counts[n]]
    kept: list[int] = []
    for n in order:
        limits = np.where(counts[n] <= _PART * counts[kept], _SAME_IN_PART, _SAME)
        if (similarity(every[n], every[kept], sigmas) < limits).all():
            kept.append(int(n))
    return sorted(kept)
