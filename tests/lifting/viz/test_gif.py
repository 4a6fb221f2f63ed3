"""GIFs: which frames they show for how long, and what is in the file."""

import numpy as np
import pytest
from PIL import Image

from lifting.errors import InputError
from lifting.viz.gif import shown_frames, write_gif


@pytest.mark.parametrize("fps", [5.0, 24.0, 25.0, 29.97, 50.0, 60.0, 120.0])
def test_it_lasts_as_long_as_the_video(fps):
    frames, times = shown_frames(300, fps)
    assert sum(times) / 1000 == pytest.approx(300 / fps, abs=0.06)
    assert len(frames) == len(times)
    # Programs take less than 20 ms for a mistake.
    assert min(times) >= 20
    assert set(np.diff(frames)) == {1 if fps <= 50 else (2 if fps <= 100 else 3)}


def test_frames_and_times_are_in_the_file(tmp_path):
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    images = (np.full((6, 8, 3), colour, np.uint8) for colour in colours)
    write_gif(tmp_path / "a.gif", images, [20, 50, 90])
    with Image.open(tmp_path / "a.gif") as gif:
        assert (gif.n_frames, gif.size, gif.info["loop"]) == (3, (8, 6), 0)
        for index, (colour, time) in enumerate(zip(colours, [20, 50, 90], strict=True)):
            gif.seek(index)
            assert gif.info["duration"] == time
            assert gif.convert("RGB").getpixel((3, 3)) == colour


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere/a.gif: cannot be written"):
        write_gif(tmp_path / "nowhere/a.gif", iter([np.zeros((2, 2, 3), np.uint8)]), [20])
