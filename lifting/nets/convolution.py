"""Building blocks of the detectors: convolutions with batch normalisation, residual blocks.

Nothing works in place, so that what a hook or a second path sees of a layer is what the layer gave.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lifting.errors import InputError
from lifting.nets.fp32 import no_autocast


class ConvNorm(nn.Sequential):
    """A convolution without a bias, batch normalisation, and an optional ReLU.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        kernel: Width of the kernel, odd; the edges are padded with half of it.
        stride: Pixels from one output to the next.
        relu: Whether the output is activated.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, relu: bool = True
    ) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            *([nn.ReLU()] if relu else []),
        )


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with a skip around them (He et al., CVPR 2016).

    Args:
        inputs: Channels in.
        width: Channels of the hidden layers.
        stride: Pixels from one output to the next.
    """

    # Channels out over hidden ones.
    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            ConvNorm(inputs, width, 3, stride), ConvNorm(width, width, 3, relu=False)
        )
        self.skip = _skip(inputs, width, stride)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D I V"]:
        """Map a batch of feature maps."""
        return functional.relu(self.layers(x) + self.skip(x))


class Bottleneck(nn.Module):
    """Convolutions of 1x1, 3x3 and 1x1 with a skip around them; the one in the middle has the stride.

    The options are those of :class:`BasicBlock`, but four times as many channels come out.
    """

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        outputs = self.expansion * width
        self.layers = nn.Sequential(
            ConvNorm(inputs, width, 1),
            ConvNorm(width, width, 3, stride),
            ConvNorm(width, outputs, 1, relu=False),
        )
        self.skip = _skip(inputs, outputs, stride)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D I V"]:
        """Map a batch of feature maps."""
        return functional.relu(self.layers(x) + self.skip(x))


def _skip(inputs: int, outputs: int, stride: int) -> nn.Module:
    if inputs == outputs and stride == 1:
        return nn.Identity()
    return ConvNorm(inputs, outputs, 1, stride, relu=False)


class HeatmapHead(nn.Conv2d):
    """A convolution of 1x1 from features to heat-maps, in float32 as coordinates are read from them.

    Args:
        inputs: Channels in.
        joints: Heat-maps out.
    """

    def __init__(self, inputs: int, joints: int) -> None:
        super().__init__(inputs, joints, 1)

    def forward(self, input: Float[Tensor, "B C H W"]) -> Float[Tensor, "B joints H W"]:
        """Map feature maps to heat-maps."""
        with no_autocast(input):
            return super().forward(input.to(self.weight.dtype))


def check_size(images: Float[Tensor, "B 3 H W"]) -> None:
    """Refuse images whose features of the coarsest scale would not cover them evenly.

    Raises:
        InputError: If a side is no multiple of 32.
    """
    height, width = images.shape[2:]
    if height % 32 or width % 32:
        what = f"Images of {width} x {height} pixels do not divide into steps of 32"
        raise InputError(f"{what}: choose sides that do, such as 192 and 256.")


@torch.no_grad()
def initialise(net: nn.Module) -> None:
    """Draw the kernels as the detectors' authors do, N(0, 0.001), and let the biases be zero.

    Batch normalisation makes up for the size of the kernels; that of the heads stays small, so that the
    first heat-maps are almost zero, as most of their targets are.
    """
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, std=0.001)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
