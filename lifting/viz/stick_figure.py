"""Lines that draw a joint set as a person.

The tree of a joint set is not always a body: detectors' sets without a pelvis hang arms and legs from
the nose or the neck. Such sets are drawn with a shoulder line, a hip line and the sides of the trunk.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from lifting.skeletons import Skeleton

Pair = tuple[int, int]
# Lines by the joints at their ends; a sum of joints is the middle between them.
_SHOULDERS = "left_shoulder+right_shoulder"
_TRUNK = (
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
    ("left_hip", "right_hip"),
)
# A joint that hangs from another one in the tree, and the line that is drawn in place of that bone.
_INSTEAD = {
    ("nose", "left_shoulder"): ("left_shoulder", "right_shoulder"),
    ("nose", "right_shoulder"): (_SHOULDERS, "nose"),
    ("nose", "left_mouth"): ("left_mouth", "right_mouth"),
    ("nose", "right_mouth"): None,
    ("neck_base", "head_top"): ("nose", "head_top"),
}
# Lines that close the shape of hands and feet, where a set has both ends.
_CLOSING = tuple(
    (f"{side}_{first}", f"{side}_{second}")
    for side in ("left", "right")
    for first, second in (("index_knuckle", "pinky_knuckle"), ("heel", "toe_tip"))
)


@dataclass(frozen=True)
class StickFigure:
    """Lines between the points of a person: the joints, and after them middles of two joints.

    Attributes:
        lines: Pairs of points.
        sides: ``left``, ``right`` or ``middle`` of each line.
        middles: Pairs of joints, each with a point in the middle.
    """

    lines: tuple[Pair, ...]
    sides: tuple[str, ...]
    middles: tuple[Pair, ...] = ()

    @cached_property
    def ends(self) -> Int[ndarray, "L 2"]:
        """The lines as an array."""
        return np.array(self.lines, int).reshape(-1, 2)

    def points(self, joints: Float[ndarray, "*batch J D"]) -> Float[ndarray, "*batch P D"]:
        """Return the points of poses; a middle is NaN where one of its joints is."""
        if not self.middles:
            return joints
        first, second = (list(ends) for ends in zip(*self.middles, strict=True))
        middles = (joints[..., first, :] + joints[..., second, :]) / 2
        return np.concatenate([joints, middles], -2)

    def all_of(self, joints: Bool[ndarray, "*batch J"]) -> Bool[ndarray, "*batch P"]:
        """Return a property of the points, which a middle has where both of its joints have it."""
        if not self.middles:
            return joints
        first, second = (list(ends) for ends in zip(*self.middles, strict=True))
        return np.concatenate([joints, joints[..., first] & joints[..., second]], -1)

    def whole(self, joints: Bool[ndarray, "*batch J"]) -> Bool[ndarray, "*batch L"]:
        """Return whether a property of the joints holds at both ends of every line."""
        ends = self.all_of(joints)[..., self.ends]
        return ends[..., 0] & ends[..., 1]

    def segments(self, joints: Float[ndarray, "*batch J D"]) -> Float[ndarray, "*batch L 2 D"]:
        """Return the two ends of every line."""
        return self.points(joints)[..., self.ends, :]


@lru_cache
def stick_figure(joints: Skeleton) -> StickFigure:
    """Return the lines that draw a joint set.

    Where several people are one set, the name of a joint ends with a space and the person's number.

    Example:
        >>> from lifting.skeletons import skeleton
        >>> len(stick_figure(skeleton("h36m17")).lines), len(stick_figure(skeleton("coco17")).lines)
        (16, 17)
    """
    people: dict[str, list[int]] = {}
    for index, name in enumerate(joints.joints):
        people.setdefault(name.partition(" ")[2], []).append(index)
    lines: list[Pair] = []
    middles: list[Pair] = []
    for number in people:
        suffix = f" {number}" if number else ""
        for ends in _named_lines(joints, people[number], suffix):
            first, second = (_point(joints, end, suffix, middles) for end in ends)
            lines.append((first, second))
    sides = [joints.side(j) for j in range(len(joints))] + ["middle"] * len(middles)
    return StickFigure(
        tuple(lines), tuple(_side(sides[a], sides[b]) for a, b in lines), tuple(middles)
    )


def _named_lines(joints: Skeleton, of_person: list[int], suffix: str) -> list[tuple[str, str]]:
    """Return the lines of one person by the names at their ends, without the person's number."""
    names = {index: joints.joints[index].removesuffix(suffix) for index in of_person}
    bones = [(names[p], names[c]) for p, c in joints.bones if c in names]
    known = set(names.values())
    lines: list[tuple[str, str]] = []
    has_trunk = {end for line in _TRUNK for end in line} <= known
    for bone in bones:
        drawn = _INSTEAD.get(bone, bone) if known >= _ends(_INSTEAD.get(bone)) else bone
        hangs = has_trunk and bone[1].endswith("_hip") and bone[0] != "pelvis"
        if drawn is not None and not hangs:
            lines.append(drawn)
    if has_trunk and "pelvis" not in known:
        lines += _TRUNK
    return lines + [line for line in _CLOSING if known >= set(line)]


def _ends(line: tuple[str, str] | None) -> set[str]:
    return {name for end in line or () for name in end.split("+")}


def _point(joints: Skeleton, end: str, suffix: str, middles: list[Pair]) -> int:
    """Return the index of an end, which is added where it is a new middle."""
    if "+" not in end:
        return joints.index(end + suffix)
    first, second = (joints.index(name + suffix) for name in end.split("+"))
    if (first, second) not in middles:
        middles.append((first, second))
    return len(joints) + middles.index((first, second))


def _side(first: str, second: str) -> str:
    """Return the side that a line belongs to: one from left to right is of the middle."""
    sides = {first, second} - {"middle"}
    return sides.pop() if len(sides) == 1 else "middle"
