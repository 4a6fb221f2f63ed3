"""Learning-rate schedules, as a factor per optimiser step."""

import math
from collections.abc import Callable

from lifting.errors import InputError, wrong_value


def schedule(
    name: str, steps: int, warmup: float, decay: float, steps_per_epoch: int
) -> Callable[[int], float]:
    """Return the factor on the learning rate as a function of the step.

    Args:
        name: ``cosine`` (to zero), ``constant`` or ``exponential``.
        steps: Steps of the whole training.
        warmup: Fraction of the steps in which the factor rises linearly from zero.
        decay: Factor per epoch of the exponential schedule, applied continuously.
        steps_per_epoch: Steps of an epoch.

    Raises:
        InputError: If there is no such schedule, or the warm-up is no fraction.

    Example:
        >>> factor = schedule("cosine", steps=100, warmup=0.1, decay=1.0, steps_per_epoch=10)
        >>> [round(factor(step), 3) for step in (0, 10, 55, 100)]
        [0.1, 1.0, 0.5, 0.0]
    """
    if name not in ("cosine", "constant", "exponential"):
        raise wrong_value("model.schedule", name, "give cosine, constant or exponential.")
    if not 0 <= warmup <= 1:
        raise InputError(f"warmup is {warmup}, expected a fraction of training between 0 and 1.")
    rising = int(warmup * steps)

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        if name == "constant":
            return 1.0
        if name == "exponential":
            return decay ** (step / steps_per_epoch)
        progress = (step - rising) / max(1, steps - rising)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

    return factor
