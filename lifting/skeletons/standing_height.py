"""Standing height of a person, from the lengths of the bones of a skeleton (docs/outputs.md#metres)."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from lifting.skeletons.joint_sets import skeleton
from lifting.skeletons.t_pose import T_POSE_HEIGHT, t_pose

# The highest point of the head, the first that a joint set has.
_HEADS = (("head_top",), ("head",), ("left_ear", "right_ear"), ("nose",), ("face",))


def standing_height(poses: Float[ndarray, "T J 3"], name: str) -> float:
    """Return how tall somebody stands, from head to heel, in the unit of the poses; NaN if not known.

    The median lengths from ankle to knee, knee to hip (both sides), from the middle of the hips to that
    of the shoulders (by way of the spine, where the set has it) and on to the head are each multiplied
    by the share of them that is upright in the T-pose. What lies below the ankle and above the highest
    joint of the head is added in proportion, as that figure has it: of a height of 175 cm, 9 cm below
    the ankle, and 0 above ``head_top``, 3 above ``head``, 14 above the ears, 15 above ``nose`` or 18
    above ``face``. So the height does not depend on how the person stands or is turned.

    Args:
        poses: Poses in any frame.
        name: Their joint set.

    Example:
        >>> round(standing_height(10 * t_pose(skeleton("coco17"))[None], "coco17"))
        1750
    """
    joints = skeleton(name)
    figure = dict(zip(joints.joints, t_pose(joints), strict=True))
    person = dict(zip(joints.joints, poses.astype(np.float64).swapaxes(0, 1), strict=True))
    head = next(stems for stems in _HEADS if all(stem in joints.joints for stem in stems))
    spine = [("spine",)] if "spine" in joints.joints else []
    trunk = [("left_hip", "right_hip"), *spine, ("left_shoulder", "right_shoulder"), head]
    legs = [
        [(f"{side}_{stem}",) for stem in ("ankle", "knee", "hip")] for side in ("left", "right")
    ]

    def upright(chain: Sequence[tuple[str, ...]]) -> float:
        total = 0.0
        for below, above in pairwise(chain):
            own, step = (
                np.mean([place[joint] for joint in above], 0)
                - np.mean([place[joint] for joint in below], 0)
                for place in (person, figure)
            )
            lengths = np.linalg.norm(own, axis=-1)
            known = lengths[np.isfinite(lengths)]
            length = np.median(known) if len(known) else np.nan
            total += float(length * step[1] / np.linalg.norm(step))
        return total

    ankle, top = figure["left_ankle"][1], np.mean([figure[stem][1] for stem in head])
    told = np.mean([upright(leg) for leg in legs]) + upright(trunk)
    return float(told * T_POSE_HEIGHT / (top - ankle))
