"""Orientation of a person's keypoints over a recording: which way is up, and which side is left."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from lifting.skeletons import Skeleton, skeleton

# Frames that are enough to tell, and the share of them that stand on their heads.
_ENOUGH, _HEAD_OVER = 10, 0.9
# By how much feet point the wrong way round, as an area in squares of the person's extent, and on which
# share of the frames. Of five clips of real people, of a gymnast among them, the mean is 0.007 to 0.023.
_AREA, _WRONG = -0.003, 0.6
# Of the person's extent.
_LONGEST = 0.3

_HEADS = ("nose", "head", "head_top", "face")
_TOES = ("big_toe", "toe_tip")


@dataclass(frozen=True)
class Misread:
    """What keypoints were probably mistaken in.

    Attributes:
        text: What is seen.
        remedy: What to do, with the full stop.
    """

    text: str
    remedy: str


def misread(
    points: Float[ndarray, "T K 2"], seen: Bool[ndarray, "T K"], joint_set: str
) -> Misread | None:
    """Return what a recording of keypoints was probably mistaken in, or None.

    Where the head lies below the hips, and these below the feet, in nearly all frames, y points up. The
    camera sees the ground from above: whoever goes from the right foot to the left one turns right to go
    from the heels to the toes, wherever the person looks. With left and right exchanged, or the image
    mirrored, that is a turn to the left. Joint sets without heels and toes tell no sides.

    Args:
        points: Pixels, y down.
        seen: Which of them are seen.
        joint_set: Their joint set.
    """
    joints = skeleton(joint_set)
    if _stands_on_head(points, seen, joints):
        text = "the head lies below the hips, and these below the feet, on nearly all frames"
        return Misread(text, "if y points up in it, give the height less y.")
    if _feet_are_exchanged(points, seen, joints):
        text = "the feet fit a person better whose left and right are exchanged"
        return Misread(text, "check the order of the joints, and whether the image is mirrored.")
    return None


def _stands_on_head(
    points: Float[ndarray, "T K 2"], seen: Bool[ndarray, "T K"], joints: Skeleton
) -> bool:
    head = next((name for name in _HEADS if name in joints.joints), None)
    pairs = [[f"{side}_{part}" for side in ("left", "right")] for part in ("hip", "ankle")]
    if head is None or not all(name in joints.joints for pair in pairs for name in pair):
        return False
    rows = [joints.index(head)], *(joints.indices(pair) for pair in pairs)
    whole = seen[:, [index for part in rows for index in part]].all(1)
    top, middle, bottom = (points[whole][:, part, 1].mean(1) for part in rows)
    over = (top > middle) & (middle > bottom)
    return len(over) >= _ENOUGH and bool(over.mean() > _HEAD_OVER)


def _feet_are_exchanged(
    points: Float[ndarray, "T K 2"], seen: Bool[ndarray, "T K"], joints: Skeleton
) -> bool:
    toe = next((name for name in _TOES if f"left_{name}" in joints.joints), None)
    if toe is None or "left_heel" not in joints.joints:
        return False
    heels, toes = (
        joints.indices([f"{side}_{part}" for side in ("left", "right")]) for part in ("heel", toe)
    )
    whole = seen[:, [*heels, *toes]].all(1)
    if whole.sum() < _ENOUGH:
        return False
    own, there = points[whole], seen[whole][..., None]
    extent = np.where(there, own, -np.inf).max(1) - np.where(there, own, np.inf).min(1)
    across = own[:, heels[0]] - own[:, heels[1]]
    along = (own[:, toes] - own[:, heels]).sum(1)
    # Longer feet are none, but points that were put somewhere.
    length = np.linalg.norm(own[:, toes] - own[:, heels], axis=-1).max(1)
    feet = length < _LONGEST * np.linalg.norm(extent, axis=-1)
    if feet.sum() < _ENOUGH:
        return False
    area = (across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0]) / (extent**2).sum(-1).clip(1)
    return bool(area[feet].mean() < _AREA and (area[feet] < 0).mean() > _WRONG)
