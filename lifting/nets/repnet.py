"""RepNet's generator and residual block (Wandt and Rosenhahn, CVPR 2019, section 3.1)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lifting.nets.fp32 import Fp32Linear


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


class RepNetGenerator(nn.Module):
    """2D keypoints to a 3D pose, and to the weak-perspective camera that sees it.

    Args:
        keypoints: Keypoints in, and joints out.
        width: Width of every hidden layer.
        slope: Slope of the activations below zero.
    """

    def __init__(self, keypoints: int = 16, width: int = 1000, slope: float = 0.01) -> None:
        super().__init__()
        self.joints = keypoints
        self.shared = nn.Sequential(
            Fp32Linear(2 * keypoints, width), nn.LeakyReLU(slope), LeakyResidualBlock(width, slope)
        )
        self.pose = nn.Sequential(
            LeakyResidualBlock(width, slope),
            LeakyResidualBlock(width, slope),
            nn.Linear(width, width),
            nn.LeakyReLU(slope),
            Fp32Linear(width, 3 * keypoints),
        )
        self.camera = nn.Sequential(
            LeakyResidualBlock(width, slope), LeakyResidualBlock(width, slope), Fp32Linear(width, 6)
        )

    def forward(
        self, x: Float[Tensor, "B K 2"]
    ) -> tuple[Float[Tensor, "B K 3"], Float[Tensor, "B 3 2"]]:
        """Return poses, and matrices whose product with them is their image."""
        h = self.shared(x.flatten(1))
        return self.pose(h).unflatten(1, (-1, 3)), self.camera(h).unflatten(1, (3, 2))

    def lift(self, x: Float[Tensor, "B K 2"]) -> Float[Tensor, "B K 3"]:
        """Return poses alone."""
        return self.pose(self.shared(x.flatten(1))).unflatten(1, (-1, 3))

    @torch.no_grad()
    def initialise_at(self, pose: Float[Tensor, "K 3"]) -> None:
        """Let the untrained network predict a pose, near enough."""
        last = self.pose[-1]
        assert isinstance(last, nn.Linear)
        last.bias.copy_(pose.flatten())
