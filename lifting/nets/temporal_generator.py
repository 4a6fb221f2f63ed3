"""Convolution over time of 3d-human-pose's video model: one pose, or root position, per window."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lifting.nets.fp32 import Fp32Linear, no_autocast
from lifting.nets.temporal_convolution import TemporalLinear, is_one_window


class _Block(nn.Module):
    def __init__(self, channels: int, taps: int, dilation: int, slope: float) -> None:
        super().__init__()
        self.over_time = TemporalLinear(channels, channels, taps, dilation, bias=True)
        self.over_channels = nn.Linear(channels, channels)
        self.slope = slope

    def forward(self, x: Float[Tensor, "B T C"], strided: bool) -> Float[Tensor, "B S C"]:
        conv = self.over_time
        centre = conv.taps // 2
        if strided:
            h, kept = conv.step(x), x[:, centre :: conv.taps]
        else:
            h = conv.slide(x)
            kept = x[:, centre * conv.dilation :][:, : h.shape[1]]
        h = self.over_channels(functional.leaky_relu(h, self.slope))
        return functional.leaky_relu(kept + h, self.slope)


class TemporalGenerator(nn.Module):
    """Convolutions over time with skips from the frame in the middle, no normalisation.

    A window gives one output. Longer sequences give one per window in them, as the same weights slide
    over them with gaps.

    The options are those of :class:`lifting.methods.TemporalGAN`.
    """

    def __init__(
        self,
        keypoints: int = 16,
        joints: int = 16,
        taps: Sequence[int] = (3, 3, 3),
        channels: int = 1000,
        slope: float = 0.01,
    ) -> None:
        super().__init__()
        self.receptive_field = math.prod(taps)
        self.slope = slope
        self.first = TemporalLinear(2 * keypoints, channels, taps[0], bias=True)
        self.blocks = nn.ModuleList()
        dilation = taps[0]
        for count in taps[1:]:
            self.blocks.append(_Block(channels, count, dilation, slope))
            dilation *= count
        self.last = Fp32Linear(channels, 3 * joints)

    def forward(self, x: Float[Tensor, "B T K 2"]) -> Float[Tensor, "B C J 3"]:
        """Lift ``C = T - receptive field + 1`` frames."""
        x = x.flatten(2)
        strided = is_one_window(x, self.receptive_field)
        with no_autocast(x):
            h = self.first.step(x) if strided else self.first.slide(x)
        h = functional.leaky_relu(h, self.slope)
        for block in self.blocks:
            h = block(h, strided)
        return self.last(h).unflatten(2, (-1, 3))

    @torch.no_grad()
    def initialise_at(self, pose: Float[Tensor, "J 3"]) -> None:
        """Let the untrained network predict a pose, near enough."""
        self.last.bias.copy_(pose.flatten())
