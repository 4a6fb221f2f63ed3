"""Losses of generators and critics, as pure functions."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from lifting.geometry import bone_lengths
from lifting.on_device import constant


def critic_loss(real: Float[Tensor, " n"], fake: Float[Tensor, " m"]) -> Float[Tensor, ""]:
    """Negative estimate of the Wasserstein distance (Arjovsky et al., ICML 2017).

    Args:
        real: The critic's scores of real samples.
        fake: Its scores of generated ones.
    """
    return fake.mean() - real.mean()


def interpolate(
    real: Float[Tensor, "n *shape"], fake: Float[Tensor, "n *shape"], fraction: Float[Tensor, " n"]
) -> Float[Tensor, "n *shape"]:
    """Return samples on the lines between pairs (Gulrajani et al., NeurIPS 2017).

    Args:
        real: Real samples.
        fake: Generated samples.
        fraction: How far each is from the fake to the real, 0 to 1.
    """
    return torch.lerp(fake, real, fraction.view(-1, *[1] * (real.dim() - 1)))


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], samples: Float[Tensor, "n *shape"]
) -> Float[Tensor, ""]:
    """Gradient penalty ``mean((|gradient| - 1)^2)`` of a critic (Gulrajani et al., NeurIPS 2017, eq. 3).

    Args:
        critic: The critic, one number per sample.
        samples: Where to take its gradient; see :func:`interpolate`.
    """
    score, gradients = torch.func.vjp(critic, samples.detach())  # type: ignore[misc]
    # Outside autocast, as every backward pass: what the layers rounded stays as it is.
    with torch.autocast(samples.device.type, enabled=False):
        (gradient,) = gradients(torch.ones_like(score))
        return (gradient.flatten(1).norm(dim=-1) - 1).square().mean()


def logistic_critic_loss(real: Float[Tensor, " n"], fake: Float[Tensor, " m"]) -> Float[Tensor, ""]:
    """Cross-entropy of a critic that tells real from generated (Goodfellow et al., NeurIPS 2014, eq. 1).

    ``2 log 2`` where it cannot tell them apart.

    Args:
        real: The critic's scores of real samples, log-odds that they are real.
        fake: Its scores of generated ones.
    """
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


def logistic_generator_loss(fake: Float[Tensor, " n"]) -> Float[Tensor, ""]:
    """Loss of the generator that does not saturate (Goodfellow et al., NeurIPS 2014, section 3).

    Args:
        fake: The critic's scores of generated samples, log-odds that they are real.
    """
    return functional.softplus(-fake).mean()


def scores_and_penalty(
    critic: Callable[[Tensor], Tensor], real: Float[Tensor, "n *shape"]
) -> tuple[Float[Tensor, " n"], Float[Tensor, ""]]:
    """Return a critic's scores, and its R1 penalty ``mean(|gradient|^2)``.

    Mescheder et al., ICML 2018, eq. 9, whose factor of one half is left to the penalty's weight.

    Args:
        critic: The critic, one number per sample.
        real: Real samples, at which its gradient is taken.
    """
    scores, gradients = torch.func.vjp(critic, real.detach())  # type: ignore[misc]
    # Outside autocast, see `gradient_penalty`.
    with torch.autocast(real.device.type, enabled=False):
        (gradient,) = gradients(torch.ones_like(scores))
        return scores, gradient.flatten(1).square().sum(-1).mean()


def camera_loss(
    camera: Float[Tensor, "*batch 3 2"], absolute: bool = False
) -> Float[Tensor, "*batch"]:
    """Distance of matrices from scaled orthographic cameras (RepNet, eq. 5).

    Zero where the two columns are orthogonal and equally long, whatever their length. With
    ``K`` the matrix: ``|2 / trace(K^T K) K^T K - I|``.

    Args:
        camera: Matrices that turn joints, as rows, into their image.
        absolute: The sum of absolute entries, as in the paper's code, in place of the Frobenius norm.
    """
    # Entry by entry: as a product it would be rounded under autocast.
    gram = (camera[..., :, :, None] * camera[..., :, None, :]).sum(-3)
    trace = gram.diagonal(dim1=-2, dim2=-1).sum(-1)
    off = 2 * gram / trace.clamp_min(1e-12)[..., None, None] - constant(
        ((1.0, 0.0), (0.0, 1.0)), gram.device, gram.dtype
    )
    return (
        off.abs().sum((-2, -1)) if absolute else off.square().sum((-2, -1)).clamp_min(1e-12).sqrt()
    )


def symmetry_loss(
    pose: Float[Tensor, "*batch joints 3"],
    bones: tuple[tuple[int, int], ...],
    mirror: tuple[int, ...],
) -> Float[Tensor, "*batch"]:
    """Mean difference of the lengths of left and right bones.

    Args:
        pose: Poses in any unit.
        bones: (parent, child) pairs.
        mirror: ``Skeleton.mirror``.
    """
    sides = [(p, c) for p, c in bones if mirror[c] > c]
    others = [(mirror[p], mirror[c]) for p, c in sides]
    gap = bone_lengths(pose, tuple(sides)) - bone_lengths(pose, tuple(others))
    return gap.abs().mean(-1)


def depth_weighted_loss(
    points: Float[Tensor, "*batch joints 3"],
    rays: Float[Tensor, "*batch joints 2"],
    focal: Float[Tensor, "*batch 2"],
) -> Float[Tensor, "*batch"]:
    """Mean squared error of the image times the depth (3d-human-pose).

    That spares the division by the depth, but a person who shrinks towards the camera makes the loss
    vanish, and one behind it is as good as one before it.

    Args:
        points: Camera frame, any unit.
        rays: Where x/z and y/z should be.
        focal: Focal lengths, in the unit of image coordinates that the error is to be in.
    """
    off = focal[..., None, :] * (points[..., :2] - rays * points[..., 2:])
    return off.square().mean((-2, -1))
