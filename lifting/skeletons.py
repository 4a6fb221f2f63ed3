"""Joint sets and the conversion between them by joint name.

A name stands for one anatomical point, so that two sets may be compared by name. Where datasets use
one word for two points, the points have two names here: Human3.6M's ``thorax`` lies at the base of
the neck, MPII's "thorax" (``chest``) about 17 px lower in a Human3.6M image; Human3.6M's
"Neck/Nose" (``face``) is neither MPII's ``neck`` nor a nose tip.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

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

        Args:
            joint: A joint name.

        Raises:
            InputError: If the set has no such joint.
        """
        try:
            return self.joints.index(joint)
        except ValueError:
            raise InputError(
                f"Skeleton '{self.name}' has no joint '{joint}'; it has {', '.join(self.joints)}."
            ) from None

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
        """For each joint the index of its mirror image; a joint of the middle is its own."""
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
            raise InputError(
                f"Skeleton '{self.name}' has no part '{name}'; "
                f"it has {', '.join(self.parts) or 'none'}."
            )
        return self.indices(self.parts[name])


def _other_side(joint: str) -> str:
    if joint.startswith("left_"):
        return "right_" + joint[5:]
    if joint.startswith("right_"):
        return "left_" + joint[6:]
    return joint


def skeleton(name: str) -> Skeleton:
    """Return a joint set by name.

    Raises:
        InputError: If there is no such set.

    Example:
        >>> skeleton("h36m17").joints[:3]
        ('pelvis', 'right_hip', 'right_knee')
    """
    from lifting.joint_sets import SKELETONS

    if name not in SKELETONS:
        raise InputError(f"There is no skeleton '{name}'; known are {', '.join(SKELETONS)}.")
    return SKELETONS[name]


def convert(
    x: Float[Tensor, "*batch joints coordinates"], src: str, dst: str
) -> Float[Tensor, "*batch joints_out coordinates"]:
    """Convert poses from one joint set to another.

    Joints are matched by name; a joint the source lacks is derived by the first rule of
    ``joint_sets.DERIVED`` whose joints the source has. Works for 2D and 3D alike, because the
    weights of every rule add up to one. A joint that is NaN spoils only those derived from it.

    Args:
        x: Poses in the source joint set.
        src: Name of the source joint set.
        dst: Name of the target joint set.

    Raises:
        InputError: If ``x`` has another number of joints than ``src``, or a joint of ``dst`` can be
            neither found nor derived.

    Example:
        >>> convert(torch.rand(5, 17, 2), "coco17", "h36m17").shape
        torch.Size([5, 17, 2])
    """
    _check_count(x.shape[-2], src)
    if src == dst:
        return x
    index, weights = (table.to(x.device) for table in _conversion_table(src, dst))
    return (x[..., index, :] * weights.to(x)[..., None]).sum(-2)


def _check_count(joints: int, name: str) -> None:
    if joints != len(skeleton(name)):
        raise InputError(
            f"Poses of skeleton '{name}' have {len(skeleton(name))} joints, these have {joints}: "
            "name the skeleton they are in."
        )


def convert_confidence(
    confidence: Float[Tensor, "*batch joints"], src: str, dst: str
) -> Float[Tensor, "*batch joints_out"]:
    """Convert confidences: a derived joint is as sure as the least sure of its sources.

    Raises:
        InputError: As :func:`convert`.
    """
    _check_count(confidence.shape[-1], src)
    if src == dst:
        return confidence
    index, _ = _conversion_table(src, dst)
    return confidence[..., index.to(confidence.device)].amin(-1)


@lru_cache
@torch.inference_mode(False)  # What is cached must serve training after validation.
def _conversion_table(
    src: str, dst: str
) -> tuple[Int[Tensor, "joints_out sources"], Float[Tensor, "joints_out sources"]]:
    """Return for each joint of ``dst`` its sources, the first repeated as filler, and weights."""
    matrix = conversion_matrix(src, dst)
    most = int((matrix != 0).sum(-1).max())
    index = matrix.abs().argsort(-1, descending=True)[:, :most]
    weights = matrix.gather(-1, index)
    return torch.where(weights == 0, index[:, :1], index), weights


def conversion_matrix(src: str, dst: str) -> Float[Tensor, "joints_out joints"]:
    """Return the matrix that turns joints of ``src`` into joints of ``dst``.

    Raises:
        InputError: If a joint of ``dst`` can be neither found nor derived; it names all of them.
    """
    source, target = skeleton(src), skeleton(dst)
    rows = [_resolve(joint, source, ()) for joint in target.joints]
    missing = [j for j, row in zip(target.joints, rows, strict=True) if row is None]
    if missing:
        raise InputError(
            f"Skeleton '{src}' cannot be converted to '{dst}': "
            f"nothing to derive {', '.join(missing)} from."
        )
    matrix = torch.zeros(len(target), len(source), dtype=torch.float64)
    for index, row in enumerate(rows):
        for joint, weight in (row or {}).items():
            matrix[index, source.index(joint)] = weight
    return matrix


def _resolve(joint: str, source: Skeleton, asked: tuple[str, ...]) -> dict[str, float] | None:
    """Express a joint as weights on source joints, or None; ``asked`` guards against cycles."""
    from lifting.joint_sets import DERIVED

    if joint in source.joints:
        return {joint: 1.0}
    if joint in asked:
        return None
    for rule in DERIVED.get(joint, ()):
        total: dict[str, float] = {}
        for name, weight in rule.items():
            row = _resolve(name, source, (*asked, joint))
            if row is None:
                break
            for key, value in row.items():
                total[key] = total.get(key, 0.0) + weight * value
        else:
            return total
    return None
