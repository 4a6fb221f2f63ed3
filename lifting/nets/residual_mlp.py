"""Residual perceptrons of SimpleBaseline and RelativeDepth.

Martinez et al., "A simple yet effective baseline for 3d human pose estimation", ICCV 2017,
https://arxiv.org/abs/1705.03098; Ronchi et al., "It's all Relative", BMVC 2018, section 4.1.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from lifting.nets.dropout import Dropout
from lifting.nets.fp32 import Fp32Linear

# What one unit of the last layer is at first, millimetres.
_UNIT = 100.0


class _Layer(nn.Sequential):
    def __init__(self, linear: nn.Linear, dropout: float, norm: dict[str, float]) -> None:
        super().__init__(
            linear,
            nn.BatchNorm1d(linear.out_features, **norm),  # type: ignore[arg-type]
            nn.ReLU(inplace=True),
            Dropout(dropout),
        )


class ResidualMLP(nn.Module):
    """Linear layers with batch normalisation, in residual blocks of two.

    ``width``, ``blocks`` and ``dropout`` are options of :class:`lifting.methods.SimpleBaseline`.

    Args:
        legacy: The original's batch normalisation (momentum 0.01, epsilon 1e-3) and initialisation
            (truncated He normal, biases too), in place of torch's normalisation and He normal weights
            with zero biases.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        width: int = 1024,
        blocks: int = 2,
        dropout: float = 0.5,
        legacy: bool = False,
    ) -> None:
        super().__init__()
        norm = {"momentum": 0.01, "eps": 1e-3} if legacy else {}
        self.first = _Layer(Fp32Linear(inputs, width), dropout, norm)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                _Layer(nn.Linear(width, width), dropout, norm),
                _Layer(nn.Linear(width, width), dropout, norm),
            )
            for _ in range(blocks)
        )
        self.last = Fp32Linear(width, outputs)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                _initialise(module, legacy)

    def forward(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch outputs"]:
        """Map a batch of vectors."""
        return self.last(self.hidden(x))

    def hidden(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch width"]:
        """Return what the last layer maps."""
        x = self.first(x)
        for block in self.blocks:
            x = x + block(x)
        return x

    @torch.no_grad()
    def clip_weights(self) -> None:
        """Limit the Frobenius norm of every weight matrix to one (the original's max-norm)."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                module.weight /= module.weight.norm().clamp_min(1)


class RelativeDepthNet(ResidualMLP):
    """A residual perceptron with a pose in units that are learnt, and the scale of its projection.

    The options are those of :class:`ResidualMLP`.
    """

    def __init__(
        self, inputs: int, outputs: int, width: int = 1024, blocks: int = 1, dropout: float = 0.5
    ) -> None:
        super().__init__(inputs, outputs, width, blocks, dropout)
        self.unit = nn.Parameter(torch.full((outputs,), _UNIT))
        self.scale = Fp32Linear(width, 1)
        nn.init.kaiming_normal_(self.scale.weight)
        nn.init.zeros_(self.scale.bias)

    def pose_and_scale(
        self, x: Float[Tensor, "batch inputs"]
    ) -> tuple[Float[Tensor, "batch outputs"], Float[Tensor, " batch"]]:
        """Return poses in millimetres, and scales between 0 and 1."""
        hidden = self.hidden(x)
        return self.last(hidden) * self.unit, self.scale(hidden).squeeze(-1).sigmoid()

    def forward(self, x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch outputs"]:
        """Return poses in millimetres."""
        return self.last(self.hidden(x)) * self.unit


def _initialise(layer: nn.Linear, legacy: bool) -> None:
    nn.init.kaiming_normal_(layer.weight)
    nn.init.zeros_(layer.bias)
    if legacy:
        # The original divides by the first dimension of the array, which for a bias is its length.
        for parameter, size in (
            (layer.weight, layer.in_features),
            (layer.bias, layer.out_features),
        ):
            std = (2 / size) ** 0.5
            nn.init.trunc_normal_(parameter, std=std, a=-2 * std, b=2 * std)
