"""Limbs whose proportions are known, for losses on the ratio of their lengths to one of them.

Ronchi et al., "It's all Relative", BMVC 2018: the ratios of an average person, section 4.3 and table 1.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.errors import InputError
from lifting.skeletons.joint_sets import skeleton

# The limb of length one.
_UNIT = ("right_knee", "right_ankle")

# Without a pelvis the hips are one limb; the trunk's two sides bend, so they are none.
_LSP14 = (
    *(("right_hip", "right_knee"), _UNIT, ("left_hip", "left_knee"), ("left_knee", "left_ankle")),
    *(("right_hip", "left_hip"), ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist")),
    *(("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist")),
    *(("neck", "left_shoulder"), ("neck", "right_shoulder"), ("neck", "head_top")),
)

# By the joint at the end of the limb, in any unit; measured on people, and on Human3.6M.
_AVERAGE_PERSON = {
    "h36m17": {
        **{"hip": 7.0, "knee": 19.0, "ankle": 20.0},
        **{"spine": 11.5, "thorax": 12.5, "face": 3.5, "head": 3.5},
        **{"shoulder": 9.0, "elbow": 15.0, "wrist": 14.0},
    },
    "lsp14": {
        **{"hip": 268.09924, "knee": 449.204, "ankle": 445.5805},
        **{"shoulder": 148.834, "elbow": 279.7604, "wrist": 249.5226, "head_top": 174.09964},
    },
}


def limbs(name: str) -> tuple[tuple[int, int], ...]:
    """Return the limbs of a joint set as pairs of joints.

    Example:
        >>> len(limbs("h36m17")), len(limbs("lsp14"))
        (16, 12)
    """
    joints = skeleton(name)
    if name == "lsp14":
        return tuple((joints.index(a), joints.index(b)) for a, b in _LSP14)
    return joints.bones


def unit_limb(name: str) -> int:
    """Return the index of the limb of length one: the right lower leg."""
    joints = skeleton(name)
    return limbs(name).index((joints.index(_UNIT[0]), joints.index(_UNIT[1])))


def average_person(name: str) -> Float[Tensor, " limbs"]:
    """Return the lengths of an average person's limbs over that of the unit limb.

    Raises:
        InputError: If they are not known for that joint set.
    """
    if name not in _AVERAGE_PERSON:
        remedy = f"they are for {', '.join(_AVERAGE_PERSON)}."
        raise InputError(f"The limbs of an average person are not known for '{name}'; {remedy}")
    joints, lengths = skeleton(name).joints, _AVERAGE_PERSON[name]
    ends = [joints[end].removeprefix("left_").removeprefix("right_") for _, end in limbs(name)]
    return torch.tensor([lengths[end] for end in ends]) / lengths["ankle"]
