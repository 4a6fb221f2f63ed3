"""A named, ordered set of joints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lifting.errors import InputError

NO_PARENT = -1


@dataclass(frozen=True)
class Skeleton:
    """A named, ordered set of joints.

    Attributes:
        name: Name of the set, as used in configuration files and stores.
        joints: Joint names in storage order.
        parents: Index of each joint's parent, -1 for the root.
        parts: Named groups of joints, for example ``legs``.
    """

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Return the storage index of a joint.

        Raises:
            InputError: If the set has no such joint.
        """
        try:
            return self.joints.index(joint)
        except ValueError as error:
            what = f"Skeleton '{self.name}' has no joint '{joint}'"
            raise InputError(f"{what}; it has {', '.join(self.joints)}.") from error

    def indices(self, joints: Sequence[str]) -> list[int]:
        """Return the storage indices of several joints, in the order given."""
        return [self.index(joint) for joint in joints]

    @cached_property
    def root(self) -> int:
        """Index of the root joint."""
        return self.parents.index(NO_PARENT)

    @cached_property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """(parent, child) index pairs, in storage order of the child."""
        return tuple((p, c) for c, p in enumerate(self.parents) if p != NO_PARENT)

    @cached_property
    def mirror(self) -> tuple[int, ...]:
        """Index of the mirror image of each joint; a joint of the middle is its own."""
        return tuple(self.joints.index(_other_side(joint)) for joint in self.joints)

    @cached_property
    def mirror_pairs(self) -> tuple[tuple[int, int], ...]:
        """(left, right) index pairs."""
        return tuple((j, m) for j, m in enumerate(self.mirror) if self.side(j) == "left")

    def side(self, joint: int) -> str:
        """Return ``left``, ``right`` or ``middle``, the colour group a joint is drawn in."""
        prefix = self.joints[joint].split("_")[0]
        return prefix if prefix in ("left", "right") else "middle"

    def part(self, name: str) -> list[int]:
        """Return the joint indices of a part.

        Raises:
            InputError: If the skeleton does not define the part.
        """
        if name not in self.parts:
            what = f"Skeleton '{self.name}' has no part '{name}'"
            raise InputError(f"{what}; it has {', '.join(self.parts) or 'none'}.")
        return self.indices(self.parts[name])


def _other_side(joint: str) -> str:
    if joint.startswith("left_"):
        return "right_" + joint[5:]
    if joint.startswith("right_"):
        return "left_" + joint[6:]
    return joint
