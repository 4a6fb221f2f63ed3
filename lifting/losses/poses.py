"""Losses of poses, as pure functions; one value per pose unless their docstring says otherwise."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from lifting.cameras import Camera, project
from lifting.geometry import bone_lengths, optimal_scale
from lifting.on_device import indices


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
    """Change of the difference of two poses when both are lifted again (ElePose, eq. 7).

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


def joint_distance(
    pred: Float[Tensor, "*batch joints 3"],
    target: Float[Tensor, "*batch joints 3"],
    weights: Float[Tensor, " joints"] | None = None,
) -> Float[Tensor, "*batch"]:
    """Mean distance of the joints from their targets, each times its weight (MPJPE as a loss)."""
    distance = (pred - target).norm(dim=-1)
    return (distance if weights is None else distance * weights).mean(-1)


def scaled_joint_distance(
    pred: Float[Tensor, "*batch joints 3"], target: Float[Tensor, "*batch joints 3"]
) -> Float[Tensor, "*batch"]:
    """Mean distance of the joints from their targets under each pose's best scale (N-MPJPE as a loss).

    The gradient goes through the scale, too.
    """
    return joint_distance(optimal_scale(pred, target)[..., None, None] * pred, target)


def smoothness_loss(
    pred: Float[Tensor, "*batch time joints 3"], weights: Float[Tensor, " joints"]
) -> Float[Tensor, "*batch steps"]:
    """Squared movement from frame to frame, a mean over joints and coordinates (MixSTE's TCLoss)."""
    return (pred.diff(dim=-3).square() * weights[:, None]).mean((-2, -1))


def velocity_loss(
    pred: Float[Tensor, "*batch time joints 3"], target: Float[Tensor, "*batch time joints 3"]
) -> Float[Tensor, "*batch steps"]:
    """Mean distance of the joints' movements from frame to frame from those of the target (MPJVE)."""
    return joint_distance(pred.diff(dim=-3), target.diff(dim=-3))


def trajectory_loss(
    pred: Float[Tensor, "*batch 3"], target: Float[Tensor, "*batch 3"]
) -> Float[Tensor, "*batch"]:
    """Distance of the root from its true position, over its depth (VideoPose3D, section 4).

    Far away a pixel of the image is more millimetres.
    """
    return (pred - target).norm(dim=-1) / target[..., 2]


def reprojection_loss(
    points: Float[Tensor, "batch time joints 3"],
    keypoints: Float[Tensor, "batch time joints 2"],
    camera: Camera,
) -> Float[Tensor, "batch time"]:
    """Mean distance of projected joints from the keypoints, in halves of the image's width.

    Args:
        points: Absolute, camera frame, millimetres.
        keypoints: Of the same joints, pixels.
        camera: One camera per element of the batch.
    """
    # Poses of an untrained network may lie beside or behind the camera.
    pixels = project(points.flatten(1, 2), camera, clamp=True).view_as(keypoints)
    return 2 * (pixels - keypoints).norm(dim=-1).mean(-1) / camera.size[:, :1]


def bone_length_gap(
    pose: Float[Tensor, "*n joints 3"],
    other: Float[Tensor, "*m joints 3"],
    bones: tuple[tuple[int, int], ...],
    valid: Bool[Tensor, "*n"] | None = None,
    other_valid: Bool[Tensor, "*m"] | None = None,
) -> Float[Tensor, ""]:
    """Difference of a bone's mean length between two sets of poses, a mean over bones.

    Args:
        pose: Poses in any unit.
        other: Poses in the same unit.
        bones: (parent, child) pairs.
        valid: Poses that count, all unless given; where none does in one of the sets, the gap is 0.
        other_valid: The same of the others.
    """
    total = pose.new_ones(())
    means = []
    for poses, where in ((pose, valid), (other, other_valid)):
        lengths = bone_lengths(poses, bones)
        counts = (
            torch.ones_like(lengths[..., :1]) if where is None else where[..., None].to(lengths)
        )
        lengths, count = torch.where(counts > 0, lengths, 0).flatten(0, -2), counts.sum()
        means.append(lengths.sum(0) / count.clamp_min(1))
        total = total * count
    gap = (means[0] - means[1]).abs().mean()
    return torch.where(total > 0, gap, 0)


def smooth_norm(x: Float[Tensor, "*shape coordinates"]) -> Float[Tensor, "*shape"]:
    """Length of vectors, with a gradient at zero too (Ronchi et al., BMVC 2018)."""
    return (x.square().sum(-1) + 1e-8).sqrt()


def ranking_loss(
    gap: Float[Tensor, "batch pairs"],
    farther: Int[Tensor, "batch pairs"],
    compared: Bool[Tensor, "batch pairs"],
    multiplier: float = 2.5,
    detach: bool = False,
) -> Float[Tensor, ""]:
    """Ranking loss of depths against the order of pairs of joints (Ronchi et al., BMVC 2018).

    ``log(1 + exp(-r m d))`` where one joint of a pair is farther, ``d^2`` where both are equally far;
    ``d`` is the gap over the mean size of all gaps of the batch.

    Args:
        gap: Depth of the first joint of each pair less that of the second.
        farther: ``r``: +1 where the first is farther, -1 where it is nearer, 0 where neither is.
        compared: Which pairs have a label.
        multiplier: ``m``.
        detach: Let no gradient through the mean size.
    """
    count = compared.sum().clamp_min(1)
    size = torch.where(compared, gap.abs(), 0).sum() / count
    size = (size.detach() if detach else size).clamp_min(1e-6)
    unit = gap / size
    ordered = functional.softplus(-multiplier * farther * unit)
    loss = torch.where(farther == 0, unit.square(), ordered)
    return torch.where(compared, loss, 0).sum() / count


def limb_ratio_loss(
    pose: Float[Tensor, "*batch joints 3"],
    limbs: tuple[tuple[int, int], ...],
    unit: int,
    ratios: Float[Tensor, "*#batch limbs"],
) -> Float[Tensor, "*batch"]:
    """Mean distance of limb lengths, over that of one of them, from their targets.

    Args:
        pose: Poses in any unit.
        limbs: Pairs of joints.
        unit: Which limb the others are measured in.
        ratios: Their targets, 1 for the unit.
    """
    starts, ends = (indices(joints, pose.device) for joints in zip(*limbs, strict=True))
    lengths = smooth_norm(pose[..., ends, :] - pose[..., starts, :])
    off = lengths / lengths[..., unit : unit + 1] - ratios
    return smooth_norm(off[..., None]).mean(-1)
