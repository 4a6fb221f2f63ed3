"""Filters of keypoints, by their names and cut-offs."""

import math
from dataclasses import dataclass

from lifting.errors import InputError, Option, Phrase

FILTERS = ("butterworth", "one_euro", "savgol", "none")
# Hz; what biomechanics uses for walking (Winter, Biomechanics and Motor Control of Human Movement).
DEFAULT_CUTOFF = 6.0


@dataclass(frozen=True)
class KeypointFilter:
    """A filter of keypoints and its cut-off.

    Attributes:
        name: One of :data:`FILTERS`.
        cutoff: Hz, of ``butterworth`` alone.
    """

    name: str
    cutoff: float = DEFAULT_CUTOFF


def parse_filter(text: str) -> KeypointFilter:
    """Return the filter of ``--smooth_keypoints``, as ``butterworth`` or ``butterworth:6``.

    Raises:
        InputError: If there is no such filter, or its cut-off is no number above 0.
    """
    name, colon, number = text.partition(":")
    if name not in FILTERS:
        known = f"{', '.join(FILTERS)}, and butterworth:6 for 6 Hz"
        raise InputError(f"There is no smoothing of keypoints '{text}'; known are {known}.")
    if not colon:
        return KeypointFilter(name)
    try:
        cutoff = float(number)
    except ValueError:
        cutoff = math.nan
    if name != "butterworth" or not 0 < cutoff < math.inf:
        what = "{} is {}: give a cut-off in Hz to butterworth alone, as butterworth:6."
        raise InputError(Phrase(what, Option("smooth_keypoints"), text))
    return KeypointFilter(name, cutoff)
