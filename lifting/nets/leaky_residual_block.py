"""Residual block of RepNet's networks (Wandt and Rosenhahn, CVPR 2019)."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


class LeakyResidualBlock(nn.Module):
    """Two linear layers with a skip around them, without normalisation or dropout.

    Args:
        width: Values in and out.
        slope: Slope of the activation below zero.
        activate: Activate the sum, as RepNet's generator does everywhere and its critic not where it
            looks at bones.
    """

    def __init__(self, width: int, slope: float, activate: bool = True) -> None:
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)
        self.slope = slope
        self.activate = activate

    def forward(self, x: Float[Tensor, "B width"]) -> Float[Tensor, "B width"]:
        """Map a batch of vectors."""
        h = functional.leaky_relu(self.first(x), self.slope)
        h = x + self.second(h)
        return functional.leaky_relu(h, self.slope) if self.activate else h
