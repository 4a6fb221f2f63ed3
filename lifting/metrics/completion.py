"""Errors of completed poses, over all joints and over the hidden ones."""

from jaxtyping import Float
from torch import Tensor

from lifting.metrics.pairs import PosePair
from lifting.metrics.registry.poses import COMPLETION, HIDDEN


def completion_errors(
    pred: Float[Tensor, "frames joints 3"],
    target: Float[Tensor, "frames joints 3"],
    hidden: list[int],
) -> dict[str, Float[Tensor, " frames"]]:
    """Return errors over all joints, and after the same alignment over the hidden ones, if any."""
    pair = PosePair(pred, target)
    errors = {metric.name: metric(pair) for metric in COMPLETION}
    if hidden:
        errors |= {metric.name: metric(pair, hidden) for metric in HIDDEN}
    return errors
