"""Cases of occlusion: the parts of a pose that are lifted, and those that are completed.

Hardy and Kim, WACV 2024, section 3.4: no joint is lifted from a keypoint that is not seen. A case lifts
with the parts that are fully seen and completes the other joints in 3D.
"""

from dataclasses import dataclass
from enum import IntEnum

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from lifting.on_device import indices
from lifting.skeletons import Skeleton


class Status(IntEnum):
    """Origin of a joint of a returned pose."""

    LIFTED = 0  # seen, and lifted with its part
    COMPLETED = 1  # not seen: its position is from completion
    DEPTH_COMPLETED = 2  # seen, but its part was not: completion gave its depth alone
    UNKNOWN = 3  # too little is seen: no pose is given


@dataclass(frozen=True)
class Case:
    """A way to a whole pose.

    Attributes:
        name: Name of the missing part.
        parts: Parts that are lifted; joints of several of them take the mean of their depths.
        missing: Parts of the body that are completed.
    """

    name: str
    parts: tuple[str, ...]
    missing: tuple[str, ...] = ()

    def completed(self, joints: Skeleton) -> list[int]:
        """Return the joints that are completed; the root never is."""
        return sorted({j for part in self.missing for j in joints.part(part)} - {joints.root})

    def observed(self, joints: Skeleton) -> list[int]:
        """Return the joints that completion starts from."""
        completed = set(self.completed(joints))
        return [j for j in range(len(joints)) if j not in completed]

    def needed(self, joints: Skeleton) -> list[int]:
        """Return the joints that must be seen: all of the lifted parts, and the root."""
        return sorted({joints.root} | {j for part in self.parts for j in joints.part(part)})

    def mixture(self, joints: Skeleton) -> list[list[float]]:
        """Return, for each lifted part, the weight of its depth in that of every joint."""
        lifting = [sum(j in joints.part(p) for p in self.parts) for j in range(len(joints))]
        return [
            [(j in joints.part(p) and j != joints.root) / max(n, 1) for j, n in enumerate(lifting)]
            for p in self.parts
        ]


# From nothing missing on, in the order of how many joints are completed.
CASES = (
    Case("none", ("left", "right", "legs", "torso")),
    Case("left_arm", ("legs", "right"), ("left_arm",)),
    Case("right_arm", ("legs", "left"), ("right_arm",)),
    Case("left_leg", ("right", "torso"), ("left_leg",)),
    Case("right_leg", ("left", "torso"), ("right_leg",)),
    Case("both_legs", ("torso",), ("left_leg", "right_leg")),
    Case("left_side", ("right",), ("left_leg", "left_arm")),
    Case("right_side", ("left",), ("right_leg", "right_arm")),
    Case("torso", ("legs",), ("torso",)),
)
REFUSED = len(CASES)
NAMES = (*(case.name for case in CASES), "refused")


def root_from_hips(joints: Skeleton, visible: Bool[Tensor, "*batch K"]) -> Bool[Tensor, "*batch"]:
    """Return whether the root is not seen but both hips are, between which it lies."""
    hips = joints.indices(["left_hip", "right_hip"])
    return ~visible[..., joints.root] & visible[..., hips[0]] & visible[..., hips[1]]


def choose_case(joints: Skeleton, visible: Bool[Tensor, "*batch K"]) -> Int[Tensor, "*batch"]:
    """Return for each pose the case that completes the fewest joints, an index into :data:`NAMES`.

    Where the root is not seen it may be taken from the hips. Where no part, or no root, can be had,
    the pose is refused.
    """
    usable = visible.clone()
    usable[..., joints.root] |= root_from_hips(joints, visible)
    chosen = torch.full(visible.shape[:-1], REFUSED, device=visible.device)
    for index, case in reversed(list(enumerate(CASES))):
        chosen = torch.where(
            usable[..., indices(case.needed(joints), usable.device)].all(-1), index, chosen
        )
    return chosen


def joint_status(
    joints: Skeleton, visible: Bool[Tensor, "*batch K"], chosen: Int[Tensor, "*batch"]
) -> Int[Tensor, "*batch K"]:
    """Return the :class:`Status` of every joint under the chosen cases."""
    status = torch.full(visible.shape, int(Status.UNKNOWN), device=visible.device)
    for index, case in enumerate(CASES):
        # The root may have come from the hips.
        kind = torch.where(visible, Status.LIFTED, Status.COMPLETED)
        completed = indices(case.completed(joints), visible.device)
        seen = visible[..., completed]
        kind[..., completed] = torch.where(seen, Status.DEPTH_COMPLETED, Status.COMPLETED)
        status = torch.where((chosen == index)[..., None], kind, status)
    return status
