import numpy as np
import pytest
import torch
from scipy import stats

from datamodules.examples.seeded_random import (
    generator,
    keys,
    many_normal,
    many_uniform,
    normal,
    uniform,
)
from lifting.errors import InputError

GAMMA = 0x9E3779B97F4A7C15


def splitmix64(x):
    """The finaliser as its authors wrote it, on unsigned numbers."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) % 2**64
    return x ^ (x >> 31)


def by_hand(seed, *counters):
    state = seed
    for counter in counters:
        mixed = splitmix64((counter + 0x9E3779B97F4A7C15) % 2**64)
        state = splitmix64(((state + 0x9E3779B97F4A7C15) % 2**64) ^ mixed)
    return (state >> 11) / 2**53


def test_is_splitmix64_over_the_counters():
    frames, pairs = torch.tensor([0, 1, 2**40 + 3])[:, None], torch.tensor([0, 5])
    drawn = uniform(7, frames, pairs)
    for i, frame in enumerate(frames.flatten().tolist()):
        for j, pair in enumerate(pairs.tolist()):
            assert drawn[i, j].item() == by_hand(7, frame, pair)


def test_negative_counters_are_counters_like_any():
    assert uniform(0, torch.tensor([-1])).item() == by_hand(0, 2**64 - 1)


def test_uniform_numbers_are_uniform_and_independent_of_their_neighbours():
    drawn = uniform(3, torch.arange(300)[:, None], torch.arange(200)).numpy()
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(drawn[:-1].ravel(), drawn[1:].ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1]) < 0.02
    other = uniform(4, torch.arange(300)[:, None], torch.arange(200)).numpy()
    assert abs(np.corrcoef(drawn.ravel(), other.ravel())[0, 1]) < 0.02


def test_normal_numbers_are_normal():
    drawn = normal(1, torch.arange(50_000)).numpy()
    assert np.isfinite(drawn).all()
    assert stats.kstest(drawn, "norm").pvalue > 1e-3


def test_a_negative_seed_is_refused():
    with pytest.raises(InputError, match="The seed is -1: give 0 or more"):
        generator(-1, "S1")


def test_many_uniform_numbers_of_a_key_are_splitmix64_s_sequence():
    key = keys(5, torch.tensor([3, 2**40]))
    drawn = many_uniform(key, 4, stream=2)
    for row, counter in enumerate((3, 2**40)):
        state = splitmix64(((5 + GAMMA) % 2**64) ^ splitmix64((counter + GAMMA) % 2**64))
        start = splitmix64((state + 2) % 2**64)
        for step in range(4):
            bits = splitmix64((start + (step + 1) * GAMMA) % 2**64)
            assert drawn[row, step].item() == ((bits >> 40) % 2**24) / 2**24


def test_many_numbers_are_uniform_and_normal_and_independent():
    key = keys(1, torch.arange(400))
    flat = many_uniform(key, 150, 0)
    assert stats.kstest(flat.flatten().numpy(), "uniform").pvalue > 1e-3
    drawn = many_normal(key, 151, 0)
    assert drawn.shape == (400, 151)
    assert stats.kstest(drawn.flatten().numpy(), "norm").pvalue > 1e-3
    for near, far in (
        (drawn[:-1], drawn[1:]),
        (drawn[:, :-1], drawn[:, 1:]),
        (drawn[:, :75], drawn[:, 75:150]),
    ):
        assert abs(np.corrcoef(near.flatten(), far.flatten())[0, 1]) < 0.02
    assert abs(np.corrcoef(drawn.flatten(), many_normal(key, 151, 1).flatten())[0, 1]) < 0.02


def test_more_numbers_of_a_key_begin_with_the_same_ones():
    key = keys(0, torch.arange(3))
    assert torch.equal(many_uniform(key, 9, 0)[:, :4], many_uniform(key, 4, 0))
