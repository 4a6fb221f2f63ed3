"""Batch normalisation whose momentum changes from step to step."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from lifting.on_device import sent


class BatchNorm1d(nn.BatchNorm1d):
    """``nn.BatchNorm1d`` that takes its momentum from a tensor where a step is compiled.

    A number would be part of what is compiled, which every other one would begin anew.
    """

    rate: Tensor

    def __init__(self, features: int) -> None:
        super().__init__(features)
        self.register_buffer("rate", torch.tensor(self.momentum), persistent=False)

    def forward(self, input: Float[Tensor, "n features"]) -> Float[Tensor, "n features"]:
        """Normalise vectors."""
        if not (self.training and torch.compiler.is_compiling()):
            return super().forward(input)
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        with torch.no_grad():
            # The unbiased variance, as nn.BatchNorm1d notes it.
            variance, mean = torch.var_mean(input.float(), 0)
            self.running_mean.lerp_(mean, self.rate)
            self.running_var.lerp_(variance, self.rate)
            self.num_batches_tracked.add_(1)
        return functional.batch_norm(input, None, None, self.weight, self.bias, True, 0.0, self.eps)


def set_momentum(module: nn.Module, momentum: float, compiled: bool) -> None:
    """Set the momentum of all batch normalisation in a module, of one process or shared by several."""
    norms = [m for m in module.modules() if isinstance(m, _BatchNorm)]
    for norm in norms:
        norm.momentum = momentum
    rates = [norm.rate for norm in norms if isinstance(norm, BatchNorm1d)]
    if compiled and rates:
        value = sent(torch.tensor(momentum), rates[0])
        torch._foreach_copy_(rates, [value] * len(rates))
