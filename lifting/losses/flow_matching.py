"""Straight paths of conditional flow matching, and the loss of a velocity along them.

Lipman et al., "Flow Matching for Generative Modeling", ICLR 2023, https://arxiv.org/abs/2210.02747,
equations 22 and 23 with the smallest standard deviation 0; the same is equation 1 of Liu et al., "Flow
Straight and Fast", ICLR 2023, https://arxiv.org/abs/2209.03003.
"""

from jaxtyping import Float
from torch import Tensor


def straight_path(
    noise: Float[Tensor, "B *shape"], data: Float[Tensor, "B *shape"], time: Float[Tensor, " B"]
) -> tuple[Float[Tensor, "B *shape"], Float[Tensor, "B *shape"]]:
    """Return points between noise (time 0) and data (time 1), and their velocity."""
    t = time.view(-1, *[1] * (data.ndim - 1))
    return (1 - t) * noise + t * data, data - noise


def velocity_error(
    pred: Float[Tensor, "B T J 3"], target: Float[Tensor, "B T J 3"]
) -> Float[Tensor, "B T"]:
    """Return the squared error of each frame's velocity, the mean over its coordinates."""
    return (pred - target).square().mean((-2, -1))
