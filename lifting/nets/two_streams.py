"""Parts of networks whose layers look at clips in two ways side by side.

MotionBERT (Zhu et al., ICCV 2023, https://arxiv.org/abs/2210.06551) and MotionAGFormer (Mehraban et al.,
WACV 2024, https://arxiv.org/abs/2310.16288) fuse two streams after every layer, and end alike.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.fp32 import Fp32Linear


def over_joints(
    block: Callable[..., Tensor], x: Float[Tensor, "B T J width"], *more: Tensor
) -> Float[Tensor, "B T J width"]:
    """Apply a block to the joints of each frame, ``(B T) J width``."""
    return block(x.flatten(0, 1), *more).unflatten(0, x.shape[:2])


def over_frames(
    block: Callable[..., Tensor], x: Float[Tensor, "B T J width"]
) -> Float[Tensor, "B T J width"]:
    """Apply a block to the frames of each joint, ``(B J) T width``."""
    joints = x.transpose(1, 2)
    return block(joints.flatten(0, 1)).unflatten(0, joints.shape[:2]).transpose(1, 2)


class AdaptiveFusion(nn.Module):
    """Mean of two streams, with weights that each token chooses; equal ones to begin with.

    Args:
        width: Width of the tokens.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weigh = nn.Linear(2 * width, 2)
        nn.init.zeros_(self.weigh.weight)
        nn.init.constant_(self.weigh.bias, 0.5)

    def forward(
        self, first: Float[Tensor, "*batch width"], second: Float[Tensor, "*batch width"]
    ) -> Float[Tensor, "*batch width"]:
        """Fuse the streams."""
        weights = self.weigh(torch.cat([first, second], -1)).softmax(-1)
        return weights[..., :1] * first + weights[..., 1:] * second


class PoseHead(nn.Module):
    """Representation of each joint of each frame, and the joint as a linear map of it.

    Args:
        width: Width of the tokens.
        representation: Width of the representation.
        eps: Epsilon of the normalisation.
    """

    def __init__(self, width: int, representation: int, eps: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, eps)
        self.represent = nn.Linear(width, representation)
        self.last = Fp32Linear(representation, 3)

    def representation(
        self, x: Float[Tensor, "*batch width"]
    ) -> Float[Tensor, "*batch representation"]:
        """Return the representation, between -1 and 1."""
        return self.represent(self.norm(x)).tanh()

    def forward(self, x: Float[Tensor, "*batch width"]) -> Float[Tensor, "*batch 3"]:
        """Map tokens to coordinates."""
        return self.last(self.representation(x))
