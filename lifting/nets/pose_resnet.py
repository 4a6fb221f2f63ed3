"""PoseResNet: a ResNet and three deconvolutions.

Xiao et al., "Simple Baselines for Human Pose Estimation and Tracking", ECCV 2018,
https://arxiv.org/abs/1804.06208; https://github.com/microsoft/human-pose-estimation.pytorch.
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lifting.errors import InputError
from lifting.imaging.colour_normalisation import blue_first
from lifting.nets.convolution import (
    BasicBlock,
    Bottleneck,
    ConvNorm,
    HeatmapHead,
    check_size,
    initialise,
)

# The block, and how many of them there are of each scale.
DEPTHS: dict[int, tuple[type[BasicBlock] | type[Bottleneck], tuple[int, int, int, int]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}


class _Deconvolution(nn.Sequential):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class PoseResNet(nn.Module):
    """A ResNet without its classifier, three deconvolutions, and a heat-map for every joint.

    Its first layers are those that are common today: the stride of a bottleneck is in its 3x3 kernel.

    Args:
        joints: Heat-maps out.
        depth: Layers of the ResNet: 18, 34, 50, 101 or 152.
        width: Channels of the deconvolutions.
        bgr: The weights are of images whose blue came first, as its authors' are; images are RGB here
            nonetheless, and their channels are exchanged inside.
    """

    # Image pixels per heat-map pixel.
    stride = 4

    def __init__(
        self, joints: int = 17, depth: int = 50, width: int = 256, bgr: bool = False
    ) -> None:
        super().__init__()
        if depth not in DEPTHS:
            known = ", ".join(map(str, DEPTHS))
            raise InputError(f"There is no ResNet of {depth} layers: choose one of {known}.")
        kind, counts = DEPTHS[depth]
        self.joints = joints
        self.depth = depth
        self.width = width
        self.bgr = bgr
        self.stem = ConvNorm(3, 64, 7, 2)
        self.scales = nn.ModuleList()
        channels = 64
        for i, count in enumerate(counts):
            blocks = []
            for k in range(count):
                blocks.append(kind(channels, 64 * 2**i, 2 if i and not k else 1))
                channels = 64 * 2**i * kind.expansion
            self.scales.append(nn.Sequential(*blocks))
        self.deconvolutions = nn.Sequential(
            _Deconvolution(channels, width), *(_Deconvolution(width, width) for _ in range(2))
        )
        self.head = HeatmapHead(width, joints)
        initialise(self)

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B joints I V"]:
        """Map normalised RGB images to heat-maps of a quarter of their size.

        Raises:
            InputError: If a side of the images is no multiple of 32.
        """
        check_size(images)
        x = blue_first(images) if self.bgr else images
        x = functional.max_pool2d(self.stem(x), 3, 2, 1)
        for scale in self.scales:
            x = scale(x)
        return self.head(self.deconvolutions(x))
