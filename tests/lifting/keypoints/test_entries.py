"""Entries beside keypoints."""

from pathlib import Path

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.keypoints.entries import fps_of, frames_of, numbers_of, size_of

FILE = Path("k.npz")


def test_what_is_told_and_what_is_not():
    content = {"size": np.array([[1280, 720]]), "fps": np.array(30), "frame": np.array([3, 5])}
    assert size_of(FILE, content) == (1280.0, 720.0)
    assert fps_of(FILE, content) == 30.0
    assert frames_of(FILE, content, 2).tolist() == [3, 5]
    assert (size_of(FILE, {}), fps_of(FILE, {})) == (None, None)
    assert frames_of(FILE, {}, 3).tolist() == [0, 1, 2]
    assert numbers_of([1, 2], FILE, "x").dtype == np.float64


@pytest.mark.parametrize(
    ("read", "content", "sentence"),
    [
        (size_of, {"size": [0, 720]}, "its 'size' is not the width and height"),
        (size_of, {"size": ["a", "b"]}, "its 'size' is no array of numbers"),
        (fps_of, {"fps": -1}, "its 'fps' is no number of frames per second"),
        (lambda *x: frames_of(*x, 2), {"frame": [3, 3]}, "its 'frame' is not one rising number"),
    ],
)
def test_what_is_told_wrong(read, content, sentence):
    with pytest.raises(InputError, match=rf"^k\.npz: {sentence}"):
        read(FILE, content)
