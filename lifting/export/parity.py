"""Comparison of an export with the method that it was made from."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lifting.export.wrapping import Exportable

Runner = Callable[..., Sequence[Tensor]]

# The largest difference that passes, as a fraction of the largest value.
LIMIT = 1e-4
# Examples and, where the length is open, frames beyond one window; none of them is as traced.
SIZES = ((1, 0), (2, 1), (5, 7))


def difference(actual: Tensor, expected: Tensor) -> float:
    """Return the largest difference of two tensors as a fraction of the largest value; inf for others.

    Example:
        >>> difference(torch.tensor([9.0, 0.0]), torch.tensor([10.0, 0.0]))
        0.1
    """
    if actual.shape != expected.shape or not torch.equal(actual.isnan(), expected.isnan()):
        return float("inf")
    if not expected.is_floating_point():
        return 0.0 if torch.equal(actual, expected) else float("inf")
    actual, expected = actual.double().nan_to_num(), expected.double().nan_to_num()
    scale = expected.abs().max().clamp_min(torch.finfo(torch.float32).tiny)
    return float((actual - expected).abs().max() / scale)


def parity(model: Exportable, run: Runner) -> float:
    """Return the largest difference between a method and its export, over several shapes of input."""
    worst = 0.0
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        for batch, more in SIZES:
            inputs = model.example(batch, more if model.any_length else 0)
            expected = model.module(*inputs)
            actual = run(*inputs)
            pairs = zip(actual, expected, strict=True)
            worst = max(worst, *(difference(*pair) for pair in pairs))
    return worst
