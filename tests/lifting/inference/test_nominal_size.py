"""Nominal sizes: usual ones of videos, which hold the keypoints."""

from dataclasses import replace

import numpy as np
import pytest

from lifting.cameras import nominal_camera
from lifting.inference.keypoint_files.track import track_from_points
from lifting.inference.nominal_size import nominal_size, with_nominal_size


def track(right, bottom, size=None):
    """A person whose keypoints reach so far right and down, and a missing one beyond."""
    x, y = np.linspace(0.5 * right, right, 17), np.linspace(0.2 * bottom, bottom, 17)
    points = np.stack([x, y, np.ones(17)], -1)[None].repeat(200, 0)
    points[0, 0] = (9e5, 9e5, 0)
    # A single keypoint far beyond the edge.
    points[1, 0, :2] = 1e5
    return track_from_points("anna", points, np.arange(200), "coco17", size)


@pytest.mark.parametrize(
    ("right", "bottom", "expected"),
    [
        (600, 470, (640, 480)),
        (600, 700, (1280, 720)),
        (400, 640, (480, 640)),
        (1900, 1000, (1920, 1080)),
        (1000, 1800, (1080, 1920)),
        (3000, 2100, (3840, 2160)),
        (5000, 5000.5, (5000, 5001)),
    ],
)
def test_the_smallest_usual_size_that_holds_the_keypoints(right, bottom, expected):
    assert nominal_size([track(right, bottom)]) == expected
    assert nominal_size([track(50, 60), track(right, bottom)]) == expected


def test_what_is_known_of_the_images_is_believed():
    known, unknown = track(600, 470, (300.0, 200.0)), track(600, 470)
    seen_by = replace(unknown, camera=nominal_camera(300, 200))
    tracks, size = with_nominal_size([known, unknown, seen_by])
    assert [t.size for t in tracks] == [(300, 200), size, None] == [(300, 200), (640, 480), None]
