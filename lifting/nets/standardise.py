"""Standardisation of poses, with statistics that the checkpoint keeps."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.geometry import in_float64


class Standardise(nn.Module):
    """Maps each coordinate of each joint to zero mean and unit variance, and back.

    A coordinate that never varies, as those of the root of root-relative poses, maps to zero and back
    to its constant.

    Args:
        joints: Number of joints.
        coordinates: Coordinates per joint.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, joints: int, coordinates: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(joints, coordinates))
        self.register_buffer("deviation", torch.ones(joints, coordinates))

    def fit(self, x: Float[Tensor, "frames joints coordinates"]) -> None:
        """Take the statistics of the training frames."""
        # Chunk by chunk: float64 copies of a whole dataset would not be small.
        origin = in_float64(x[0])
        total, squares = torch.zeros_like(origin), torch.zeros_like(origin)
        for chunk in x.split(65536):
            centred = in_float64(chunk) - origin
            total += centred.sum(0)
            squares += centred.square().sum(0)
        mean = total / len(x)
        variance = (squares / len(x) - mean.square()).clamp_min(0)
        self.mean.copy_(mean + origin)
        std = variance.sqrt()
        self.deviation.copy_(torch.where(std < 1e-6 * std.max(), 0.0, std))

    def forward(
        self, x: Float[Tensor, "*batch joints coordinates"]
    ) -> Float[Tensor, "*batch joints coordinates"]:
        """Standardise."""
        # An infinite divisor makes value and gradient zero, where zero would make them NaN.
        return (x - self.mean) / self.deviation.where(self.deviation > 0, torch.inf)

    def inverse(
        self, x: Float[Tensor, "*batch joints coordinates"]
    ) -> Float[Tensor, "*batch joints coordinates"]:
        """Undo the standardisation."""
        return x * self.deviation + self.mean
