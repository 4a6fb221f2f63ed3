"""Regions: where they lie, how they are turned, against complex numbers."""

import cmath

import numpy as np
import pytest

from lifting.inference.detectors.blazepose.regions import (
    Region,
    letterbox,
    region_of_box,
    region_of_circle,
    tiles,
)


@pytest.mark.parametrize(
    ("rim", "angle"),
    [
        ((100, 40), 0),
        ((160, 100), np.pi / 2),
        ((40, 100), -np.pi / 2),
        ((100, 160), -np.pi),
        ((130, 48), np.arctan(30 / 52)),
    ],
)
def test_a_person_is_upright_in_its_region(rim, angle):
    hips, rim = np.array([100.0, 100.0]), np.array(rim, float)
    region = region_of_circle(hips, rim)
    radius = np.linalg.norm(rim - hips)
    np.testing.assert_allclose(region, [100, 100, 2.5 * radius, angle], atol=1e-9)
    # The rim lies straight above the hips, 1 / 2.5 of the side away.
    inside = np.linalg.solve(region.matrix[:, :2], rim - region.matrix[:, 2])
    np.testing.assert_allclose(inside, [0.5, 0.5 - 1 / 2.5], atol=1e-9)


def test_the_map_is_a_turn_about_the_middle():
    region = Region(30, 70, 20, 0.6)
    points = np.random.default_rng(0).random((9, 2))
    turned = [complex(30, 70) + 20 * cmath.exp(0.6j) * complex(x - 0.5, y - 0.5) for x, y in points]
    mapped = points @ region.matrix[:, :2].T + region.matrix[:, 2]
    np.testing.assert_allclose(mapped, [[z.real, z.imag] for z in turned], atol=1e-9)
    assert region.box.tolist() == [20, 60, 40, 80]


def test_of_a_box_and_of_an_image():
    box = np.array([10, 20, 30, 100], np.float32)
    assert region_of_box(box) == (20, 60, 100, 0)
    assert letterbox(192, 108) == (96, 54, 192, 0)


@pytest.mark.parametrize("size", [(192, 108), (108, 192), (300, 100), (100, 100)])
@pytest.mark.parametrize("fraction", [1.0, 0.55])
def test_tiles_cover_the_image_and_overlap(size, fraction):
    found, side = tiles(*size, fraction), fraction * min(size)
    assert {part.side for part in found} == {side}
    for axis, length in enumerate(size):
        starts = np.unique([part.box[axis] for part in found])
        assert starts[0] == 0
        assert starts[-1] + side == pytest.approx(length)
        assert (np.diff(starts) <= 0.667 * side).all()
    assert len({part.box.tobytes() for part in found}) == len(found)


def test_one_tile_of_a_square():
    assert tiles(100, 100) == [(50, 50, 100, 0)]
