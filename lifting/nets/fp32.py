"""Layers that stay in float32 under autocast.

bfloat16 has eight bits: it rounds a keypoint to a pixel or two and a joint to three millimetres.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


def no_autocast(x: Tensor) -> torch.autocast:
    """Return a context in which matrix products keep the precision of their operands."""
    return torch.autocast(x.device.type, enabled=False)


class Fp32Linear(nn.Linear):
    """A linear layer in the precision of its weights, for coordinates that come in or go out."""

    def forward(self, input: Float[Tensor, "*batch inputs"]) -> Float[Tensor, "*batch outputs"]:
        """Map vectors."""
        with no_autocast(input):
            return super().forward(input.to(self.weight.dtype))
