"""Notation of joint sets: ``joint: parent`` in storage order, limb by limb."""

from lifting.skeletons.base import NO_PARENT, Skeleton

LEG = ("hip", "knee", "ankle")
ARM = ("shoulder", "elbow", "wrist")


def side(name: str, joints: tuple[str, ...]) -> tuple[str, ...]:
    """Return the joints of one side.

    Example:
        >>> side("left", ("hip", "knee"))
        ('left_hip', 'left_knee')
    """
    return tuple(f"{name}_{joint}" for joint in joints)


def limb(name: str, joints: tuple[str, ...], root: str) -> dict[str, str | None]:
    """Return the tree of a chain of joints of one side that hangs from a root.

    Example:
        >>> limb("left", ("hip", "knee"), "pelvis")
        {'left_hip': 'pelvis', 'left_knee': 'left_hip'}
    """
    names = side(name, joints)
    return dict(zip(names, (root, *names), strict=False))


def limb_pair(first: str, second: str, joints: tuple[str, ...], root: str) -> dict[str, str | None]:
    """Return the trees of a chain of joints of both sides, one side after the other."""
    return limb(first, joints, root) | limb(second, joints, root)


def both_sides(joints: tuple[str, ...], root: str) -> dict[str, str | None]:
    """Return the tree of a chain of joints of both sides, joint by joint, left before right.

    Args:
        joints: Joints from the root on.
        root: Joint that the chains hang from; ``{side}`` in it stands for the side.

    Example:
        >>> both_sides(("heel",), "{side}_ankle")
        {'left_heel': 'left_ankle', 'right_heel': 'right_ankle'}
    """
    left, right = (limb(name, joints, root.format(side=name)) for name in ("left", "right"))
    pairs = zip(left.items(), right.items(), strict=True)
    return {joint: parent for pair in pairs for joint, parent in pair}


def joint_set(
    name: str, tree: dict[str, str | None], parts: dict[str, tuple[str, ...]] | None = None
) -> Skeleton:
    """Return the joint set of a tree, its joints in the order of the tree."""
    joints = tuple(tree)
    parents = tuple(NO_PARENT if p is None else joints.index(p) for p in tree.values())
    return Skeleton(name, joints, parents, parts or {})
