"""Density over 2D poses by flow matching: a regression on noisy poses, and a bound on the likelihood.

Lipman et al., "Flow Matching for Generative Modeling", ICLR 2023, https://arxiv.org/abs/2210.02747, with
the straight paths of its section 4.1. The likelihood is bounded as that of a diffusion: Kingma et al.,
"Variational Diffusion Models", NeurIPS 2021, https://arxiv.org/abs/2107.00630, sections 4 and 5.1.
"""

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from lifting.errors import InputError
from lifting.nets.flow_preprocessing import FlowPreprocessing
from lifting.nets.fp32 import Fp32Linear
from lifting.nets.pose_density import PoseDensity, prepared
from lifting.nets.velocity import TimeEmbedding

# Logarithm of the ratio of signal to noise, both squared, at which all is noise.
LOWEST = -5.0
# Draws of each pose that its likelihood is the mean of where none are given.
DRAWS = 16


class PoseMatching(PoseDensity):
    """Density of root-relative 2D poses by the velocity that turns noise into them.

    With t the sigmoid of half a level λ a pose x is seen as (1 - t) ε + t x, which has e^λ times as much
    signal as noise, and the network says ε to x. The error of the pose that it finds in that, weighted
    by e^λ / 2 and summed over all levels, is a bound on the negative log-likelihood: one evaluation of
    the network at a level by chance is an estimate without bias. What holds more exactly in a pose than
    the noise of the highest level counts no more.

    Args:
        dims: Length of a pose vector, two values per joint.
        root: Index of the joint at which every pose is centred, None where it is not among the joints.
        drop_root: Leave the root's two zeros out.
        hidden: Width of every layer, even.
        blocks: Number of residual blocks of two layers.
        standardise: See :class:`lifting.nets.flow.PoseFlow`.
        pca: See :class:`lifting.nets.flow.PoseFlow`.
        noise: Noise of the highest level, in deviations of what the network sees.

    Raises:
        InputError: If a size cannot be, or there is no noise.
    """

    fixed: Tensor

    def __init__(
        self,
        dims: int,
        root: int | None = None,
        drop_root: bool = True,
        hidden: int = 512,
        blocks: int = 4,
        standardise: bool = True,
        pca: int | None = None,
        noise: float = 0.1,
    ) -> None:
        preparation = prepared(dims, root, drop_root, standardise, pca)
        if hidden < 2 or hidden % 2 or blocks < 1:
            remedy = "give an even width and one block or more."
            raise InputError(f"hidden {hidden}, blocks {blocks}: no network", remedy=remedy)
        if not 0 < noise < 1:
            remedy = (
                "give more than 0 and less than 1: at none a density of single poses has no bound."
            )
            raise InputError(f"noise {noise}", remedy=remedy)
        super().__init__(dims, root, preparation.outputs, noise)
        # The last value of each vector says at which level.
        self.drawn_dims = self.latent_dims + 1
        self.highest = -2 * math.log(noise)
        self._preparation = preparation
        self.inputs = Fp32Linear(self.latent_dims, hidden)
        self.time = TimeEmbedding(hidden)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(hidden),
                nn.Linear(hidden, hidden),
                nn.SiLU(),
                nn.Linear(hidden, hidden),
            )
            for _ in range(blocks)
        )
        self.outputs = Fp32Linear(hidden, self.latent_dims)
        self.register_buffer("fixed", _spread_draws(self.latent_dims), persistent=False)

    @property
    def preparation(self) -> FlowPreprocessing:
        """What comes before the network."""
        return self._preparation

    def velocity(
        self, points: Float[Tensor, "batch latent"], time: Float[Tensor, " batch"]
    ) -> Float[Tensor, "batch latent"]:
        """Return where points go, from noise at time 0 to prepared poses at time 1."""
        x = self.inputs(points) + self.time(time)
        for block in self.blocks:
            x = x + block(x)
        return self.outputs(x)

    def _seen(
        self, inputs: Tensor, gaussian: Tensor
    ) -> tuple[Float[Tensor, "batch latent"], Float[Tensor, " batch"], Float[Tensor, " batch"]]:
        """Return prepared poses among noise, the time of each, and its level."""
        share = torch.special.ndtr(gaussian[:, -1])
        level = LOWEST + (self.highest - LOWEST) * share
        time = torch.sigmoid(level / 2)
        noise = gaussian[:, :-1]
        return torch.lerp(noise, inputs, time[:, None]), time, level

    def training_loss(
        self, x: Float[Tensor, "batch dims"], gaussian: Float[Tensor, "batch drawn"] | None
    ) -> Float[Tensor, ""]:
        """Return the mean square error of the velocity; levels are drawn evenly."""
        inputs, _ = self.preparation(self._of_width(x, self.dims, "Poses"))
        gaussian = self.gaussian(len(x)) if gaussian is None else gaussian
        points, time, _ = self._seen(inputs, gaussian)
        return (self.velocity(points, time) - (inputs - gaussian[:, :-1])).square().mean()

    def drawn_nll(
        self, x: Float[Tensor, "batch dims"], gaussian: Float[Tensor, "batch drawn"] | None
    ) -> Float[Tensor, " batch"]:
        """Return the bound as one level by chance estimates it."""
        inputs, log_det = self.preparation(self._of_width(x, self.dims, "Poses"))
        gaussian = self.gaussian(len(x)) if gaussian is None else gaussian
        points, time, level = self._seen(inputs, gaussian)
        found = points + (1 - time)[:, None] * self.velocity(points, time)
        error = (inputs - found).square().sum(-1)
        between = 0.5 * (self.highest - LOWEST) * level.exp() * error
        # What the lowest level tells of the pose, beside poses of standard deviation 1 among its noise,
        # and what the highest leaves open.
        signal = math.exp(LOWEST)
        share = signal / (1 + signal)
        low = share * inputs.square().sum(-1) + self.latent_dims * (math.log1p(signal) - share)
        high = self.latent_dims * (1 - self.highest)
        return between + 0.5 * (low + high) - log_det

    def nll(self, x: Float[Tensor, "batch dims"]) -> Float[Tensor, " batch"]:
        """Return the bound, as :data:`DRAWS` levels evenly apart estimate it, always the same."""
        total = x.new_zeros(len(x))
        for drawn in self.fixed:
            total = total + self.drawn_nll(x, drawn.expand(len(x), -1))
        return total / len(self.fixed)


def _spread_draws(dims: int) -> Float[Tensor, "draws drawn"]:
    """Return noise of the usual length in directions at right angles, and levels evenly apart."""
    generator = Generator().manual_seed(0)
    frames = [
        torch.linalg.qr(torch.randn(dims, dims, generator=generator)).Q
        for _ in range(math.ceil(DRAWS / dims))
    ]
    directions = math.sqrt(dims) * torch.cat(frames)[:DRAWS]
    level = torch.special.ndtri((torch.arange(DRAWS) + 0.5) / DRAWS)
    return torch.cat([directions, level[:, None]], -1)
