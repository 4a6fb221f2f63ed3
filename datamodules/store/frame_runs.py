"""Runs of the frames that a converter keeps, and the reasons why it leaves others out."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def runs_of(
    kept: NDArray[np.bool_], frames: NDArray[np.int64] | None = None
) -> Iterator[NDArray[np.int64]]:
    """Yield the indices of each run of consecutive frames that are kept.

    Args:
        kept: Which frames are kept ``(T,)``.
        frames: Numbers of the frames, rising; counted from 0 where not given.
    """
    indices = np.flatnonzero(kept)
    numbers = indices if frames is None else frames[indices]
    if len(indices):
        yield from np.split(indices, np.flatnonzero(np.diff(numbers) != 1) + 1)


def reasons(counts: Counter[str], nothing: str = "nobody") -> str:
    """Return what was left out for which reason, the most frequent first.

    Example:
        >>> reasons(Counter({"too short": 1200})), reasons(Counter())
        ('left out: too short (1,200)', 'left out: nobody')
    """
    listed = [f"{reason} ({count:,})" for reason, count in counts.most_common() if count]
    return "left out: " + (", ".join(listed) or nothing)
