"""Residual perceptrons of ElePose and LInKs.

Wandt et al., CVPR 2022, https://arxiv.org/abs/2112.07088; Hardy and Kim, WACV 2024,
https://arxiv.org/abs/2309.07243.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lifting.nets.fp32 import Fp32Linear


class ResidualBlock(nn.Module):
    """``x + f(W2 f(W1 x))`` with f LeakyReLU, and f once more after the sum.

    Args:
        width: Length of the vectors.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)

    def forward(self, x: Float[Tensor, "batch width"]) -> Float[Tensor, "batch width"]:
        """Map a batch of vectors."""
        # In place where the backward pass of a LeakyReLU can do with its output.
        inner = functional.leaky_relu(self.first(x), inplace=True)
        inner = functional.leaky_relu(self.second(inner), inplace=True)
        return functional.leaky_relu(x + inner, inplace=True)


class _Head(nn.Sequential):
    def __init__(self, width: int, blocks: int, outputs: int) -> None:
        super().__init__(*(ResidualBlock(width) for _ in range(blocks)), Fp32Linear(width, outputs))


class DepthLifter(nn.Module):
    """Keypoints to the depth offset of each and the elevation angle of the camera.

    A linear layer and one block in common, then a head of several blocks for each of the two.

    Args:
        joints: Number of keypoints.
        width: Width of every hidden layer.
        head_blocks: Residual blocks of each head: 2 in ElePose, 3 in LInKs.
        gain: Factor on the inputs, which are a few hundredths; 1 as published.
        initial_elevation: Elevation that an untrained network predicts, radians.
    """

    def __init__(
        self,
        joints: int,
        width: int = 1024,
        head_blocks: int = 2,
        gain: float = 10.0,
        initial_elevation: float = 0.0,
    ) -> None:
        super().__init__()
        self.gain = gain
        self.trunk = nn.Sequential(Fp32Linear(2 * joints, width), ResidualBlock(width))
        self.depth_head = _Head(width, head_blocks, joints)
        self.elevation_head = _Head(width, head_blocks, 1)
        last = self.elevation_head[-1]
        assert isinstance(last, nn.Linear)
        if initial_elevation:
            nn.init.constant_(last.bias, initial_elevation)

    def forward(
        self, keypoints: Float[Tensor, "batch joints 2"]
    ) -> tuple[Float[Tensor, "batch joints"], Float[Tensor, " batch"]]:
        """Return depth offsets, in the unit of the keypoints times ten, and elevations in radians."""
        common = self.trunk(self.gain * keypoints.flatten(1))
        return self.depth_head(common).float(), self.elevation_head(common)[:, 0].float()

    def depth(self, keypoints: Float[Tensor, "batch joints 2"]) -> Float[Tensor, "batch joints"]:
        """Return the depth offsets alone, without the cost of the other head."""
        return self.depth_head(self.trunk(self.gain * keypoints.flatten(1))).float()


class CompletionNet(nn.Module):
    """The joints that are seen, in 3D, to those that are not (LInKs, section 3.4).

    Args:
        seen: Number of joints given.
        unseen: Number of joints returned.
        width: Width of every hidden layer.
        blocks: Residual blocks.
    """

    def __init__(self, seen: int, unseen: int, width: int = 1024, blocks: int = 3) -> None:
        super().__init__()
        self.net = nn.Sequential(Fp32Linear(3 * seen, width), _Head(width, blocks, 3 * unseen))

    def forward(self, seen: Float[Tensor, "batch seen 3"]) -> Float[Tensor, "batch unseen 3"]:
        """Complete root-relative poses."""
        return self.net(seen.flatten(1)).float().unflatten(1, (-1, 3))
