"""HRNet, a detector of high resolution from its first layer to its last.

Sun et al., "Deep High-Resolution Representation Learning for Human Pose Estimation", CVPR 2019,
https://arxiv.org/abs/1902.09212; https://github.com/leoxiaobin/deep-high-resolution-net.pytorch.
"""

from collections.abc import Sequence
from functools import reduce
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from lifting.nets.convolution import (
    BasicBlock,
    Bottleneck,
    ConvNorm,
    HeatmapHead,
    check_size,
    initialise,
)

# Rounds of convolution and exchange in the stages of two, three and four scales.
ROUNDS = (1, 4, 3)
# Residual blocks of a scale before each exchange, and of the first stage.
BLOCKS = 4


class _Upsample(ConvNorm):
    """From a coarse scale to a finer one."""

    def __init__(self, inputs: int, outputs: int, factor: int) -> None:
        super().__init__(inputs, outputs, 1, relu=False)
        self.factor = factor

    def forward(self, input: Float[Tensor, "B C H W"]) -> Float[Tensor, "B D I V"]:
        return functional.interpolate(super().forward(input), scale_factor=self.factor)


def _downsample(inputs: int, outputs: int, steps: int) -> nn.Sequential:
    """From a fine scale to one that is coarser by halves."""
    between = [ConvNorm(inputs, inputs, 3, 2) for _ in range(steps - 1)]
    return nn.Sequential(*between, ConvNorm(inputs, outputs, 3, 2, relu=False))


def _path(widths: Sequence[int], source: int, target: int) -> nn.Module:
    if source == target:
        return nn.Identity()
    inputs, outputs = widths[source], widths[target]
    if source > target:
        return _Upsample(inputs, outputs, 2 ** (source - target))
    return _downsample(inputs, outputs, target - source)


class _Round(nn.Module):
    """Convolutions of every scale by itself, then the exchange: each scale is a sum over all.

    Args:
        widths: Channels of the scales, from fine to coarse.
        targets: Of how many scales, from the finest on, there is an output.
    """

    def __init__(self, widths: Sequence[int], targets: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            nn.Sequential(*(BasicBlock(width, width) for _ in range(BLOCKS))) for width in widths
        )
        self.paths = nn.ModuleList(
            nn.ModuleList(_path(widths, source, target) for source in range(len(widths)))
            for target in range(targets)
        )

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        maps = [scale(x) for scale, x in zip(self.scales, maps, strict=True)]
        fused = []
        for paths in self.paths:
            parts = [path(x) for path, x in zip(cast(nn.ModuleList, paths), maps, strict=True)]
            fused.append(functional.relu(reduce(torch.add, parts)))
        return fused


class _Stage(nn.Module):
    """One more scale, and rounds of exchange with it.

    Args:
        before: Channels of the scales there are.
        widths: Channels of the scales there shall be.
        rounds: How often they exchange.
        last: Whether only the finest scale is needed after it.
    """

    def __init__(
        self, before: Sequence[int], widths: Sequence[int], rounds: int, last: bool
    ) -> None:
        super().__init__()
        self.entries = nn.ModuleList()
        for i, width in enumerate(widths):
            source = before[min(i, len(before) - 1)]
            same = i < len(before) and source == width
            entry = ConvNorm(source, width, 3, 1 if i < len(before) else 2)
            self.entries.append(nn.Identity() if same else entry)
        self.rounds = nn.ModuleList(
            _Round(widths, 1 if last and i == rounds - 1 else len(widths)) for i in range(rounds)
        )

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        maps = [entry(maps[min(i, len(maps) - 1)]) for i, entry in enumerate(self.entries)]
        for exchange in self.rounds:
            maps = exchange(maps)
        return maps


class HRNet(nn.Module):
    """HRNet with a heat-map for every joint.

    Args:
        joints: Heat-maps out.
        width: Channels of the finest scale, 32 and 48 as published; each coarser one has twice as many.
    """

    # Image pixels per heat-map pixel.
    stride = 4

    def __init__(self, joints: int = 17, width: int = 32) -> None:
        super().__init__()
        self.joints = joints
        self.width = width
        self.stem = nn.Sequential(ConvNorm(3, 64, 3, 2), ConvNorm(64, 64, 3, 2))
        outputs = 64 * Bottleneck.expansion
        inputs = [64] + [outputs] * (BLOCKS - 1)
        self.first = nn.Sequential(*(Bottleneck(channels, 64) for channels in inputs))
        self.stages = nn.ModuleList()
        before = [outputs]
        for i, rounds in enumerate(ROUNDS):
            widths = [width * 2**scale for scale in range(i + 2)]
            self.stages.append(_Stage(before, widths, rounds, last=i == len(ROUNDS) - 1))
            before = widths
        self.head = HeatmapHead(width, joints)
        initialise(self)

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B joints I V"]:
        """Map normalised RGB images to heat-maps of a quarter of their size.

        Raises:
            InputError: If a side of the images is no multiple of 32.
        """
        check_size(images)
        maps = [self.first(self.stem(images))]
        for stage in self.stages:
            maps = stage(maps)
        return self.head(maps[0])
