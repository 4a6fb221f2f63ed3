"""Whether what was exported computes what the method computes."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lifting.export.wrapping import Exportable

Runner = Callable[..., Sequence[Tensor]]

# The largest difference there may be, as a share of the largest value.
LIMIT = 1e-4
# Examples and, where the length is open, frames beyond one window; none is what was traced.
TRIED = ((1, 0), (2, 1), (5, 7))


def difference(found: Tensor, wanted: Tensor) -> float:
    """Return the largest difference of two tensors as a share of the largest value; inf for others.

    Example:
        >>> difference(torch.tensor([9.0, 0.0]), torch.tensor([10.0, 0.0]))
        0.1
    """
    if found.shape != wanted.shape or not torch.equal(found.isnan(), wanted.isnan()):
        return float("inf")
    if not wanted.is_floating_point():
        return 0.0 if torch.equal(found, wanted) else float("inf")
    found, wanted = found.double().nan_to_num(), wanted.double().nan_to_num()
    scale = wanted.abs().max().clamp_min(torch.finfo(torch.float32).tiny)
    return float((found - wanted).abs().max() / scale)


def parity(model: Exportable, run: Runner) -> float:
    """Return the largest difference between a method and its export, over several shapes of input.

    Args:
        model: The method.
        run: Runs the export.
    """
    worst = 0.0
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        for batch, more in TRIED:
            inputs = model.example(batch, more if model.any_length else 0)
            wanted = model.module(*inputs)
            found = run(*inputs)
            pairs = zip(found, wanted, strict=True)
            worst = max(worst, *(difference(mine, theirs) for mine, theirs in pairs))
    return worst
