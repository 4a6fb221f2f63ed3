"""Network of "It's all Relative" (Ronchi et al., BMVC 2018, section 4.1)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.fp32 import Fp32Linear
from lifting.nets.residual_mlp import ResidualMLP

# What one unit of the last layer is at first, millimetres.
_UNIT = 100.0


class RelativeDepthNet(ResidualMLP):
    """A residual perceptron with a pose in units that are learnt, and the scale of its projection.

    Args:
        inputs: Values in.
        outputs: Values of the pose.
        width: Width of every hidden layer.
        blocks: Residual blocks of two layers.
        dropout: Fraction of hidden values dropped in training.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        width: int = 1024,
        blocks: int = 1,
        dropout: float = 0.5,
    ) -> None:
        super().__init__(inputs, outputs, width, blocks, dropout)
        self.unit = nn.Parameter(torch.full((outputs,), _UNIT))
        self.scale = Fp32Linear(width, 1)
        nn.init.kaiming_normal_(self.scale.weight)
        nn.init.zeros_(self.scale.bias)

    def pose_and_scale(
        self, x: Float[Tensor, "batch inputs"]
    ) -> tuple[Float[Tensor, "batch outputs"], Float[Tensor, " batch"]]:
        """Return poses in millimetres, and scales between 0 and 1."""
        hidden = self.hidden(x)
        return self.last(hidden) * self.unit, self.scale(hidden).squeeze(-1).sigmoid()

    def forward(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch outputs"]:
        """Return poses in millimetres."""
        return self.last(self.hidden(x)) * self.unit
