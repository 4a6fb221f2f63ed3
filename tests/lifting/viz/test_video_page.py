"""Pictures of a video on a page: which frames, and no more than a page bears."""

import io

import numpy as np
import pytest
from PIL import Image

from lifting.viz import video_page
from lifting.viz.video_page import Thumbnails


def pictures(frames, most, shape=(24, 32, 3)):
    kept = Thumbnails(frames, most)
    for number in range(frames):
        kept.add(np.full(shape, number, np.uint8), number)
    return kept


@pytest.mark.parametrize(("frames", "most", "stride", "count"), [(9, 9, 1, 9), (100, 30, 4, 25)])
def test_pictures_are_evenly_spaced_and_no_more_than_asked(frames, most, stride, count):
    kept = pictures(frames, most)
    assert (kept.stride, len(kept.images)) == (stride, count)
    assert kept.frames == list(range(0, frames, stride))


def test_large_pictures_are_fewer(monkeypatch):
    one = len(pictures(1, 1).images[0])
    monkeypatch.setattr(video_page, "_MOST_BYTES", 10 * one)
    kept = pictures(40, 40)
    assert kept.stride in (4, 8)
    assert sum(map(len, kept.images)) <= 10 * one
    assert kept.frames == list(range(0, 40, kept.stride))
    shades = [np.asarray(Image.open(io.BytesIO(image)))[0, 0, 0] for image in kept.images]
    np.testing.assert_allclose(shades, kept.frames, atol=2)


def test_pictures_have_the_pixels_that_a_panel_shows():
    image = Image.open(io.BytesIO(pictures(1, 1, (1080, 1920, 3)).images[0]))
    assert image.size == (960, 540)
