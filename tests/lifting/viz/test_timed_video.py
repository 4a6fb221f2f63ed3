"""Videos with given times, read back: the same frames at the same moments."""

from fractions import Fraction

import av
import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.video.reader import Video
from lifting.viz.timed_video import timed_video
from tests.datamodules.made_videos import picture, write_video

SIZE = (64, 48)


def write(path, pts, time_base, fps):
    with timed_video(path, SIZE, time_base, fps) as video:
        for number, when in enumerate(pts):
            video.add(picture(number), when)
    np.testing.assert_allclose(video.times, [float(when * time_base) for when in pts])
    return Video(path)


@pytest.mark.parametrize(
    ("pts", "time_base", "fps"),
    [
        (range(0, 20 * 512, 512), Fraction(1, 12800), 25.0),
        # Times that vary, and do not begin at zero.
        ([100, 140, 300, 310, 600, 1100], Fraction(1, 1000), 6.0),
        ([0, 1, 2, 5, 6, 7, 11], Fraction(1001, 30000), 30000 / 1001),
        (range(90_000, 90_000 + 30 * 3003, 3003), Fraction(1, 90000), 30000 / 1001),
        ([7, 8], Fraction(1, 24), 24.0),
        ([0], Fraction(1, 25), 25.0),
    ],
)
def test_frames_are_shown_when_they_should_be(tmp_path, pts, time_base, fps):
    video = write(tmp_path / "a.mp4", pts, time_base, fps)
    read = list(video)
    assert [frame.pts * video.time_base for frame in read] == [when * time_base for when in pts]
    if time_base.numerator == 1:
        assert video.time_base == time_base
    for frame in read:
        off = frame.image[30, 40].astype(int) - picture(frame.number)[30, 40]
        assert np.abs(off).max() <= 12


def test_frame_rate_is_that_of_the_source(tmp_path):
    source = Video(write_video(tmp_path / "a.mp4", 50, rate=Fraction(30000, 1001)))
    pts = [frame.pts for frame in source]
    copy = write(tmp_path / "b.mp4", pts, source.time_base, source.fps)
    assert (copy.fps, copy.frames, copy.time_base) == (source.fps, 50, source.time_base)
    with av.open(str(tmp_path / "a.mp4")) as a, av.open(str(tmp_path / "b.mp4")) as b:
        assert a.duration == b.duration


def fail(path):
    with timed_video(path, SIZE, Fraction(1, 25), 25.0) as video:
        for number in range(60):
            video.add(picture(number), number)
        raise RuntimeError("drawing")


def test_failure_leaves_the_older_video_and_nothing_else(tmp_path):
    (tmp_path / "a.mp4").write_text("older")
    with pytest.raises(RuntimeError, match="drawing"):
        fail(tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").read_text() == "older"
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_a_place_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InputError, match=r"file/a\.mp4: cannot be written"),
        timed_video(tmp_path / "file" / "a.mp4", SIZE, Fraction(1, 25), 25.0),
    ):
        pass
