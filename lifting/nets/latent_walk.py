"""Walks through the latent space of a flow over 2D poses, as arrays for pictures."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Generator, Tensor

from lifting.errors import InputError
from lifting.nets.flow import PoseFlow


class LatentWalk(NamedTuple):
    """Poses from a flow's latent space, in the unit of the flow.

    Attributes:
        original: The poses that went in.
        reconstructed: Encoded and decoded again.
        neighbours: Decoded from their latent vectors after noise was added to those.
        samples: Decoded from normal latent vectors.
        interpolations: Decoded on the way from each pose to the next, from the last to the first.
    """

    original: Float[ndarray, "N J 2"]
    reconstructed: Float[ndarray, "N J 2"]
    neighbours: Float[ndarray, "N M J 2"]
    samples: Float[ndarray, "S J 2"]
    interpolations: Float[ndarray, "N K J 2"]


@torch.no_grad()
def latent_walk(
    flow: PoseFlow,
    poses: Float[Tensor, "N J 2"],
    noise: float = 0.2,
    kind: str = "multiplicative",
    steps: int = 6,
    generator: Generator | None = None,
    neighbours: int = 3,
    samples: int = 12,
) -> LatentWalk:
    """Encode poses, and decode them, their neighbourhood, what lies between them, and new ones.

    Args:
        flow: The flow.
        poses: Poses as the flow takes them: root-relative, in its unit.
        noise: How far neighbours are, see :meth:`PoseFlow.resample`.
        kind: Kind of the noise, likewise.
        steps: Poses of each interpolation, both ends included.
        generator: Source of the randomness, torch's global one unless given.
        neighbours: Neighbours of each pose.
        samples: New poses.

    Raises:
        InputError: If there are too few poses, steps, neighbours or samples, or no such noise.
    """
    if len(poses) < 2 or steps < 2 or neighbours < 1 or samples < 1:
        raise InputError(
            f"{len(poses)} poses, steps {steps}, neighbours {neighbours}, samples {samples}: "
            "give two or more of the first two, and one or more of the others."
        )
    vectors = poses.flatten(1)
    z = flow.to_latent(vectors)
    each = vectors.repeat_interleave(neighbours, 0)
    around = flow.resample(each, noise, kind, flow.gaussian(len(each), generator))
    path = slerp(z, z.roll(-1, 0), torch.linspace(0, 1, steps).to(z))

    def array(x: Tensor, *shape: int) -> ndarray:
        return x.reshape(*shape, *poses.shape[1:]).cpu().numpy()

    return LatentWalk(
        original=array(vectors, -1),
        reconstructed=array(flow.from_latent(z), -1),
        neighbours=array(around, len(poses), neighbours),
        samples=array(flow.sample(samples, generator=generator), samples),
        interpolations=array(flow.from_latent(path.flatten(0, 1)), len(poses), steps),
    )


def slerp(
    start: Float[Tensor, "N D"], end: Float[Tensor, "N D"], fraction: Float[Tensor, " K"]
) -> Float[Tensor, "N K D"]:
    """Interpolate on the great circle between vectors (Shoemake, SIGGRAPH 1985).

    In many dimensions normal vectors lie near a sphere, which a straight line between them leaves.
    Vectors in one line, which have no circle, are interpolated straight.

    Args:
        start: Vectors at fraction 0.
        end: Vectors at fraction 1.
        fraction: How far to go.
    """
    cosine = torch.cosine_similarity(start, end, dim=-1).clamp(-1, 1)
    angle = cosine.acos()[:, None]
    straight = angle.sin() < 1e-4
    divisor = torch.where(straight, 1.0, angle.sin())
    from_start = torch.where(straight, 1 - fraction, ((1 - fraction) * angle).sin() / divisor)
    from_end = torch.where(straight, fraction, (fraction * angle).sin() / divisor)
    return from_start[..., None] * start[:, None] + from_end[..., None] * end[:, None]
