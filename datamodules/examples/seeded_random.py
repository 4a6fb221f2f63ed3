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
    return _shifted(keys(seed, *counters), 11).double() / 2**53


def normal(seed: int, *counters: Int[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Return standard normal numbers in float64 (Box and Muller), see :func:`uniform`."""
    radius = (-2 * (1 - uniform(2 * seed, *counters)).log()).sqrt()
    return radius * (2 * math.pi * uniform(2 * seed + 1, *counters)).cos()


def keys(seed: int, *counters: Int[Tensor, "..."]) -> Int[Tensor, "..."]:
    """Return keys of streams of random numbers, one per element of the counters broadcast together."""
    state = torch.full((), seed, dtype=torch.int64, device=counters[0].device)
    for counter in counters:
        state = _mix((state + _GAMMA) ^ _mix(counter.long() + _GAMMA))
    return state


def many_uniform(key: Int[Tensor, " B"], count: int, stream: int) -> Float[Tensor, "B count"]:
    """Return numbers from [0, 1) in float32: many for one key, a fraction of :func:`uniform`'s cost.

    Args:
        key: See :func:`keys`.
        count: How many for each key.
        stream: Another stream, other numbers.
    """
    # 24 bits, which float32 holds exactly.
    return ((_bits(key, count, stream) >> 40) & 0xFFFFFF).float() / 2**24


def many_normal(key: Int[Tensor, " B"], count: int, stream: int) -> Float[Tensor, "B count"]:
    """Return standard normal numbers in float32, up to 4.8 (Box and Muller): many for one key.

    Args:
        key: See :func:`keys`.
        count: How many for each key.
        stream: Another stream, other numbers.
    """
    bits = _bits(key, -(-count // 4), stream)
    both = torch.cat([bits, bits >> 32], -1)
    # Never the logarithm of 0.
    radius = (-2 * ((both & 0xFFFF).float() / 2**16 + 2.0**-17).log()).sqrt()
    angle = ((both >> 16) & 0xFFFF).float() * (2 * math.pi / 2**16)
    return torch.cat([radius * angle.cos(), radius * angle.sin()], -1)[:, :count]


def _bits(key: Tensor, count: int, stream: int) -> Tensor:
    steps = torch.arange(1, count + 1, device=key.device) * _GAMMA
    return _mix(_mix(key + stream)[:, None] + steps)
