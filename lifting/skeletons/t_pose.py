"""Person in T-pose: directions of all bones in the rest pose of animation programs."""

import numpy as np
from jaxtyping import Float64
from numpy import ndarray

from lifting.errors import InputError
from lifting.skeletons.base import Skeleton

# Of the person that the positions are of, centimetres.
T_POSE_HEIGHT = 175.0
# Centimetres outwards, upwards from the floor and forwards. Joints that have one position in a
# dataset are apart here, so that every bone has a direction.
_POSITIONS: dict[str, tuple[float, float, float]] = {
    **{"pelvis": (0, 95, 0), "spine_base": (0, 98, 0), "spine": (0, 108, 0)},
    **{"spine_lower": (0, 116, 0), "spine_upper": (0, 127, 0), "spine_top": (0, 137, 0)},
    **{"chest": (0, 143, 0), "thorax": (0, 145, 0), "neck_base": (0, 145, 0), "neck": (0, 149, 0)},
    **{"face": (0, 157, 8), "head": (0, 172, 2), "head_top": (0, 175, 0), "nose": (0, 160, 11)},
    **{"mouth": (2.5, 156, 9.5), "eye_inner": (2, 163, 9.5), "eye": (3, 163, 9)},
    **{"eye_outer": (4.5, 163, 8.5), "ear": (7.5, 161, 1)},
    **{"collar": (4, 144, 0), "shoulder": (18, 143, 0), "elbow": (46, 143, 0)},
    **{"wrist": (71, 143, 0), "wrist_end": (73, 143, 0)},
    **{"hand": (79, 143, 0), "hand_tip": (89, 143, 0)},
    **{"thumb": (72, 143, 3), "thumb_tip": (78, 143, 8)},
    **{
        "thumb_knuckle": (75, 143, 5),
        "index_knuckle": (79, 143, 3),
        "pinky_knuckle": (79, 143, -3),
    },
    **{"hip": (12, 95, 0), "knee": (12, 51, 0), "ankle": (12, 9, 0)},
    **{"heel": (12, 3, -5), "foot": (12, 4, 9)},
    **{"toe": (12, 2, 17), "toe_base": (12, 3, 13), "toe_end": (12, 2, 20), "toe_tip": (12, 2, 20)},
    **{"big_toe": (10, 2, 18), "small_toe": (16, 2, 14)},
}


def t_pose(joints: Skeleton) -> Float64[ndarray, "J 3"]:
    """Return the joints of someone in T-pose: left, up and forward, centimetres.

    Raises:
        InputError: If the position of a joint is not known.

    Example:
        >>> from lifting.skeletons import skeleton
        >>> t_pose(skeleton("h36m17"))[[1, 4]].tolist()
        [[-12.0, 95.0, 0.0], [12.0, 95.0, 0.0]]
    """
    positions = []
    for index, joint in enumerate(joints.joints):
        side = joints.side(index)
        stem = joint.removeprefix(f"{side}_")
        if stem not in _POSITIONS:
            what = f"Skeleton '{joints.name}' has a joint '{joint}', whose place in a T-pose"
            raise InputError(f"{what} is not known: convert the poses to another joint set first.")
        outwards, up, forwards = _POSITIONS[stem]
        positions.append((-outwards if side == "right" else outwards, up, forwards))
    return np.array(positions, np.float64)
