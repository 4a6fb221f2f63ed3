"""Sampling, against scipy's interpolation at the same places."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from lifting.inference.detectors.blazepose.regions import Region, letterbox
from lifting.inference.detectors.blazepose.sampling import sample


@pytest.mark.parametrize("repeat_edge", [True, False])
@pytest.mark.parametrize(
    "region",
    [Region(30, 25, 18, 0.4), Region(2, 40, 40, -2.5), Region(30, 20, 200, 1.0), letterbox(60, 45)],
)
def test_it_interpolates_turned_regions(region, repeat_edge):
    image = np.random.default_rng(0).integers(0, 256, (45, 60, 3)).astype(np.uint8)
    size = 32
    columns, rows = np.meshgrid(np.arange(size) / size - 0.5, np.arange(size) / size - 0.5)
    turned = region.side * np.exp(1j * region.angle) * (columns + 1j * rows)
    # OpenCV's steps of a 32nd of a pixel.
    x, y = (
        np.rint(32 * places) / 32 for places in (region.x + turned.real, region.y + turned.imag)
    )
    mode = "nearest" if repeat_edge else "grid-constant"
    wanted = [
        map_coordinates(image[..., channel].astype(float), [y, x], order=1, mode=mode)
        for channel in range(3)
    ]
    made = sample(image, region, size, repeat_edge)
    np.testing.assert_array_equal(made, np.floor(np.stack(wanted, -1) + 0.5))


def test_the_same_size_is_the_same_image():
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    np.testing.assert_array_equal(sample(image, letterbox(16, 16), 16, True), image)
