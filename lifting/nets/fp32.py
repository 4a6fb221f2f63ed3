"""Layers that stay in float32 under autocast, and where TF32 is allowed.

bfloat16 has eight bits: it rounds a keypoint to a pixel or two and a joint to three millimetres. TF32,
which cuDNN's convolutions and recurrent layers use on GPUs unless they are told otherwise, and matrix
products if they are, has eleven: a quarter of a pixel.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

HIGHEST = "highest"


class _NoRounding(torch.autocast):
    """A context without autocast and without TF32; what was allowed before is allowed after it."""

    def __enter__(self) -> Any:
        self._allowed = torch.backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()
        torch.backends.cudnn.allow_tf32 = False
        torch.set_float32_matmul_precision(HIGHEST)
        return super().__enter__()

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        torch.backends.cudnn.allow_tf32, precision = self._allowed
        torch.set_float32_matmul_precision(precision)


def set_matmul_precision(precision: str) -> None:
    """Set how products of float32 are computed, those of convolutions and recurrent layers too.

    Args:
        precision: ``highest`` for float32; ``high`` (TF32 on a GPU) or ``medium``, see
            :func:`torch.set_float32_matmul_precision`.
    """
    torch.set_float32_matmul_precision(precision)
    torch.backends.cudnn.allow_tf32 = precision != HIGHEST


def _knows_tf32(x: Tensor) -> bool:
    # A compiled step takes over no flags that are set in its course.
    return x.device.type == "cuda" and not torch.compiler.is_compiling()


def no_autocast(x: Tensor) -> torch.autocast:
    """Return a context in which matrix products keep the precision of their operands.

    Those of convolutions and recurrent layers too; in the forward pass, as autocast.
    """
    kind = _NoRounding if _knows_tf32(x) else torch.autocast
    return kind(x.device.type, enabled=False)


class Fp32Linear(nn.Linear):
    """A linear layer in the precision of its weights, for coordinates that come in or go out."""

    def forward(self, input: Float[Tensor, "*batch inputs"]) -> Float[Tensor, "*batch outputs"]:
        """Map vectors."""
        with no_autocast(input):
            return super().forward(input.to(self.weight.dtype))
