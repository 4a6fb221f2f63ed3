"""Steadying, against the filter as its paper writes it, coordinate by coordinate."""

import math

import numpy as np

from lifting.inference.detectors.blazepose.steadying import SteadyPoints


def filtered(values, sizes, min_cutoff=0.01, beta=10, speed_cutoff=1, rate=30):
    def alpha(cutoff):
        return 1 / (1 + 1 / (2 * math.pi * cutoff) * rate)

    smooth, speed, made = values[0], 0.0, [values[0]]
    for before, value, size in zip(values, values[1:], sizes[1:], strict=False):
        a = alpha(speed_cutoff)
        speed = a * (value - before) / size * rate + (1 - a) * speed
        a = alpha(min_cutoff + beta * abs(speed))
        smooth = a * value + (1 - a) * smooth
        made.append(smooth)
    return made


def test_every_coordinate_is_filtered():
    points = np.cumsum(np.random.default_rng(0).normal(0, 2, (20, 2, 2)), 0)
    sizes = 100.0 + np.arange(20)
    steady = SteadyPoints()
    made = [steady.update(7 + n, p, sizes[n]) for n, p in enumerate(points)]
    for index in np.ndindex(2, 2):
        wanted = filtered([p[index] for p in points], sizes)
        np.testing.assert_allclose([m[index] for m in made], wanted)


def test_a_gap_counts_as_its_frames():
    still, moved = np.zeros((2, 2)), np.full((2, 2), 10.0)
    values = []
    for gap in (1, 4):
        steady = SteadyPoints()
        steady.update(0, still, 100)
        values.append(steady.update(gap, moved, 100)[0, 0])
    assert np.isclose(values[0], filtered([0, 10], [100, 100])[1])
    assert np.isclose(values[1], filtered([0, 10], [100, 100], rate=7.5)[1])
