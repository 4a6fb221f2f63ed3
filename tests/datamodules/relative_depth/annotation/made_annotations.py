"""Images to ask about, and answers to them, made up."""

import numpy as np

from datamodules.relative_depth.annotation.images import JudgedImage


def judged(count, seen=None, depth=None, seed=0):
    """Images ``im0001`` and so on, all joints seen if nothing else is said."""
    draws = np.random.default_rng(seed)
    return [
        JudgedImage(
            f"im{number:04}",
            None,
            number % 2 == 1,
            draws.uniform(10, 200, (14, 2)),
            np.ones(14, bool) if seen is None else seen[number - 1],
            None if depth is None else depth[number - 1],
        )
        for number in range(1, count + 1)
    ]
