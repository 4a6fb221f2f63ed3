"""VideoPose3D's temporal convolution, in the two forms its weights can be run in.

A convolution whose kernel is as wide as its stride is a reshape and a matrix product, which is much
faster than the convolution itself. Frames therefore stay the second and channels the last axis.
"""

import math
from collections.abc import Sequence

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lifting.nets.batch_norm import BatchNorm1d
from lifting.nets.dropout import Dropout
from lifting.nets.fp32 import Fp32Linear, no_autocast


def is_one_window(x: Float[Tensor, "B T inputs"], frames: int) -> bool:
    """Tell whether examples are as long as one window; not where the length is left open (export)."""
    return isinstance(x.shape[1], int) and x.shape[1] == frames


class TemporalLinear(nn.Module):
    """A convolution over time.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        taps: Frames of the kernel.
        dilation: Distance between them.
        bias: Whether it adds a constant to every channel.
    """

    def __init__(
        self, inputs: int, outputs: int, taps: int, dilation: int = 1, bias: bool = False
    ) -> None:
        super().__init__()
        self.taps = taps
        self.dilation = dilation
        # As the matrix it is multiplied with: (outputs, taps * inputs), taps slow.
        self.weight = nn.Parameter(torch.empty(outputs, taps * inputs))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None
        if self.bias is not None:
            reach = 1 / math.sqrt(taps * inputs)
            nn.init.uniform_(self.bias, -reach, reach)

    def slide(self, x: Float[Tensor, "B T inputs"]) -> Float[Tensor, "B S outputs"]:
        """Convolve every frame whose taps lie inside."""
        if self.taps == 1:
            return functional.linear(x, self.weight, self.bias)
        frames = x.shape[1] - (self.taps - 1) * self.dilation
        shifted = [x[:, i * self.dilation :][:, :frames] for i in range(self.taps)]
        if self.dilation > 1:
            return functional.linear(torch.cat(shifted, -1), self.weight, self.bias)
        # Wide kernels of the dense variant: product by product, as the windows would not fit.
        out = functional.linear(shifted[0], self._tap(0), self.bias)
        for i in range(1, self.taps):
            out = out + functional.linear(shifted[i], self._tap(i))
        return out

    def step(self, x: Float[Tensor, "B T inputs"]) -> Float[Tensor, "B S outputs"]:
        """Convolve with a stride as wide as the kernel; the frames must be a multiple of it."""
        windows = rearrange(x, "b (s t) c -> b s (t c)", t=self.taps)
        return functional.linear(windows, self.weight, self.bias)

    def _tap(self, i: int) -> Tensor:
        width = self.weight.shape[1] // self.taps
        return self.weight[:, i * width : (i + 1) * width]


class _Activation(nn.Sequential):
    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__(BatchNorm1d(channels), nn.ReLU(inplace=True), Dropout(dropout))

    def forward(self, x: Float[Tensor, "B T channels"]) -> Float[Tensor, "B T channels"]:
        # Batch normalisation is fastest on a matrix.
        return super().forward(x.flatten(0, 1)).view_as(x)


class _Block(nn.Module):
    """A convolution over time and one over channels, around which the frames of its output pass.

    The options are those of :class:`TemporalConvolution`.
    """

    def __init__(
        self, channels: int, taps: int, dilation: int, causal: bool, dropout: float
    ) -> None:
        super().__init__()
        self.kept = taps - 1 if causal else taps // 2
        self.over_time = TemporalLinear(channels, channels, taps, dilation)
        self.over_channels = TemporalLinear(channels, channels, 1)
        self.activation_1 = _Activation(channels, dropout)
        self.activation_2 = _Activation(channels, dropout)

    def forward(self, x: Float[Tensor, "B T C"], strided: bool) -> Float[Tensor, "B S C"]:
        conv = self.over_time
        if strided:
            h, kept = conv.step(x), x[:, self.kept :: conv.taps]
        else:
            h = conv.slide(x)
            kept = x[:, self.kept * conv.dilation :][:, : h.shape[1]]
        return kept + self.activation_2(self.over_channels.slide(self.activation_1(h)))


class TemporalConvolution(nn.Module):
    """VideoPose3D's network (Pavllo et al., CVPR 2019, section 3 and appendix A.5).

    The options are those of :class:`lifting.methods.VideoPose3D`; the trajectory network has one joint.
    A keypoint may have a third coordinate, which tells whether it is missing.
    """

    def __init__(
        self,
        keypoints: int = 17,
        joints: int = 17,
        taps: Sequence[int] = (3, 3, 3),
        channels: int = 1024,
        dropout: float = 0.25,
        causal: bool = False,
        dense: bool = False,
        coordinates: int = 2,
    ) -> None:
        super().__init__()
        self.joints = joints
        self.receptive_field = math.prod(taps)
        self.dense = dense
        self.first = TemporalLinear(coordinates * keypoints, channels, taps[0])
        self.activation = _Activation(channels, dropout)
        self.blocks = nn.ModuleList()
        dilation = taps[0]
        for count in taps[1:]:
            wide = (count - 1) * dilation + 1
            shape = (wide, 1) if dense else (count, dilation)
            self.blocks.append(_Block(channels, *shape, causal, dropout))
            dilation *= count
        self.last = Fp32Linear(channels, 3 * joints)

    def forward(self, x: Float[Tensor, "B T K coordinates"]) -> Float[Tensor, "B C J 3"]:
        """Lift ``C = T - receptive field + 1`` frames: (screen coordinates) to metres."""
        x = x.flatten(2)
        # One window: compute nothing that its output frame does not need.
        strided = is_one_window(x, self.receptive_field) and not self.dense
        with no_autocast(x):
            h = self.activation(self.first.step(x) if strided else self.first.slide(x))
        for block in self.blocks:
            h = block(h, strided)
        return rearrange(self.last(h), "b c (j d) -> b c j d", j=self.joints)
