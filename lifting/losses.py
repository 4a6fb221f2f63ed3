"""Losses on poses, as pure functions; each gives one value per pose."""

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.geometry import bone_lengths


def bone_ratios(
    pose: Float[Tensor, "*batch joints 3"], bones: tuple[tuple[int, int], ...]
) -> Float[Tensor, "*batch bones"]:
    """Return the bone lengths of each pose over their mean, so that they sum to their number."""
    lengths = bone_lengths(pose, bones)
    return lengths / lengths.mean(-1, keepdim=True).clamp_min(torch.finfo(lengths.dtype).tiny)


def bone_ratio_loss(
    pose: Float[Tensor, "*batch joints 3"],
    bones: tuple[tuple[int, int], ...],
    ratios: Float[Tensor, " bones"],
) -> Float[Tensor, "*batch"]:
    """Squared distance of the bone ratios from those of an average person (ElePose, eq. 9).

    Args:
        pose: Poses in any unit.
        bones: (parent, child) pairs.
        ratios: The average person's, which sum to the number of bones.
    """
    return (bone_ratios(pose, bones) - ratios).square().sum(-1)


def deformation_loss(
    pose: Float[Tensor, "batch joints 3"], again: Float[Tensor, "batch joints 3"]
) -> Float[Tensor, " pairs"]:
    """How much the difference of two poses changes when both are lifted again (ElePose, eq. 7).

    Args:
        pose: Poses in a random order; neighbours (0, 1), (2, 3), ... make the pairs, an odd one out is
            left out.
        again: The same poses after rotation, projection, lifting and rotation back.
    """
    even = len(pose) - len(pose) % 2
    change = (pose - again)[:even].unflatten(0, (-1, 2))
    return (change[:, 0] - change[:, 1]).flatten(1).norm(dim=-1)


def capped(values: Float[Tensor, "*batch"], scale: float = 50.0) -> Float[Tensor, "*batch"]:
    """Let values above zero grow logarithmically, with the same slope at zero.

    Keeps the few poses of a batch that no flow has ever seen from deciding its gradient.

    Example:
        >>> [round(v, 1) for v in capped(torch.tensor([-140.0, 0.0, 10.0, 1e6])).tolist()]
        [-140.0, 0.0, 9.1, 495.2]
    """
    return torch.where(values > 0, scale * torch.log1p(values.clamp_min(0) / scale), values)
