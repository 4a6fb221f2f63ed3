"""Landmarks, against scipy's centre of mass and against rotations by complex numbers."""

import numpy as np
import pytest
from scipy.ndimage import center_of_mass
from scipy.special import expit

from lifting.inference.detectors.blazepose.landmarks import decode, refine
from lifting.inference.detectors.blazepose.regions import Region

NOTHING = np.full((64, 64, 39), -50.0)


def test_refinement_is_the_centre_of_mass_of_a_window():
    random = np.random.default_rng(0)
    heatmaps = random.normal(0, 2, (64, 64, 3))
    places = np.array([[20.7, 30.2], [1.9, 62.3], [63.9, 0.1]]) / 64
    windows = [(26, 35, 16, 25), (58, 64, 0, 6), (0, 5, 59, 64)]
    for joint, (place, window) in enumerate(zip(refine(places, heatmaps), windows, strict=True)):
        top, bottom, left, right = window
        row, column = center_of_mass(expit(heatmaps[top:bottom, left:right, joint]))
        np.testing.assert_allclose(place * 64, [left + column, top + row], atol=1e-9)


def test_what_has_no_peak_or_is_outside_is_not_refined():
    places = np.array([[0.5, 0.5], [1.2, 0.5], [-0.3, 0.5]])
    heatmaps = np.full((64, 64, 3), -0.01)
    np.testing.assert_array_equal(refine(places, heatmaps), places)
    heatmaps[32, 35, 0] = 3.0
    assert refine(places, heatmaps)[0, 0] > 0.5
    np.testing.assert_array_equal(refine(places, heatmaps)[1:], places[1:])


def test_they_are_turned_back_onto_the_image():
    random = np.random.default_rng(1)
    raw = np.concatenate([256 * random.random((39, 3)), random.normal(0, 3, (39, 2))], 1)
    metres = random.normal(0, 1, (39, 3))
    region = Region(300, 200, 100, 0.7)
    made = decode(raw, 0.9, NOTHING, metres, region)
    turn = np.exp(0.7j)
    there = complex(300, 200) + 100 * turn * ((raw[:, 0] - 128) + 1j * (raw[:, 1] - 128)) / 256
    np.testing.assert_allclose(made.places[:, 0] + 1j * made.places[:, 1], there[:33])
    np.testing.assert_allclose(made.places[:, 2], 100 / 256 * raw[:33, 2])
    np.testing.assert_allclose(made.alignment @ [1, 1j], there[33:35])
    world = turn * (metres[:33] @ [1, 1j, 0])
    np.testing.assert_allclose(made.world @ [1, 1j, 0], world)
    np.testing.assert_allclose(made.world[:, 2], metres[:33, 2])
    np.testing.assert_allclose(made.visibility, expit(raw[:33, 3]))
    np.testing.assert_allclose(made.presence, expit(raw[:33, 4]))
    assert made.score == 0.9


@pytest.mark.parametrize(
    ("place", "inside"),
    [((50, 50), True), ((-0.1, 50), False), ((101, 50), False), ((50, 80.5), False)],
)
def test_confidence_is_visible_and_present_and_inside(place, inside):
    raw = np.zeros((39, 5))
    raw[0] = [2.56 * place[0], 2.56 * place[1], 0, 2.0, 1.0]
    made = decode(raw, 1.0, NOTHING, np.zeros((39, 3)), Region(50, 50, 100, 0))
    points = made.keypoints(100, 80)
    assert points.shape == (33, 3)
    np.testing.assert_allclose(points[0, :2], place, rtol=1e-6)
    assert points[0, 2] == pytest.approx(expit(2) * expit(1) if inside else 0)


def test_the_next_region_is_that_of_the_alignment_points():
    raw = np.zeros((39, 5))
    raw[33, :2], raw[34, :2] = (128, 128), (128, 64)
    made = decode(raw, 1.0, NOTHING, np.zeros((39, 3)), Region(50, 50, 256, np.pi / 2))
    # A quarter of a turn clockwise: what was above lies to the right.
    np.testing.assert_allclose(made.region, [50, 50, 2.5 * 64, np.pi / 2])
