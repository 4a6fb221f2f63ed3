"""Random numbers that are functions of a seed and of names or counters, the same on any device.

The random numbers of a frame then belong to the frame, whatever the batch, the order or the epoch, and
need no table.
"""

import math
import zlib

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from lifting.errors import InputError
from lifting.geometry import WITHOUT_FLOAT64

# The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), its constants as signed numbers.
_GAMMA = 0x9E3779B97F4A7C15 - 2**64
_STEPS = ((30, 0xBF58476D1CE4E5B9 - 2**64), (27, 0x94D049BB133111EB - 2**64))


def _mix(x: Int[Tensor, "*shape"]) -> Int[Tensor, "*shape"]:
    for shift, factor in _STEPS:
        x = (x ^ _shifted(x, shift)) * factor
    return x ^ _shifted(x, 31)


def _shifted(x: Tensor, bits: int) -> Tensor:
    # Without the copies of the sign that an arithmetic shift brings in.
    return (x >> bits) & ((1 << (64 - bits)) - 1)


def generator(seed: int, *names: str) -> np.random.Generator:
    """Return the random number generator of what has these names.

    Raises:
        InputError: If the seed is negative.
    """
    if seed < 0:
        raise InputError(f"The seed is {seed}: give 0 or more.")
    return np.random.default_rng([seed, zlib.crc32("/".join(names).encode())])


def uniform(seed: int, *counters: Int[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Return numbers from [0, 1) in float64, one per element of the counters broadcast together.

    They are on the device of the counters, or on the CPU where that has no float64.

    Args:
        seed: Another seed, other numbers.
        *counters: Whole numbers that tell the elements apart.

    Example:
        >>> frame, pair = torch.arange(2)[:, None], torch.arange(3)
        >>> uniform(0, frame, pair).shape
        torch.Size([2, 3])
    """
    if counters[0].device.type in WITHOUT_FLOAT64:
        counters = tuple(counter.cpu() for counter in counters)
    state = torch.tensor(seed, dtype=torch.int64, device=counters[0].device)
    for counter in counters:
        state = _mix((state + _GAMMA) ^ _mix(counter.long() + _GAMMA))
    return _shifted(state, 11).double() / 2**53


def normal(seed: int, *counters: Int[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Return standard normal numbers in float64 (Box and Muller), see :func:`uniform`."""
    radius = (-2 * (1 - uniform(2 * seed, *counters)).log()).sqrt()
    return radius * (2 * math.pi * uniform(2 * seed + 1, *counters)).cos()
