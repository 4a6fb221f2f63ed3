import wave

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.video.reader import Video
from tests.datamodules.made_videos import SIZE, colour, turn, write_video


def test_frames_come_in_order_with_their_times(tmp_path):
    video = Video(write_video(tmp_path / "one.mp4", 12))
    assert (video.size, video.fps, video.frames) == (SIZE, 25.0, 12)
    for _ in range(2):
        frames = list(video)
        assert [frame.number for frame in frames] == list(range(12))
        seconds = [float(frame.pts * video.time_base) for frame in frames]
        np.testing.assert_allclose(seconds, np.arange(12) / 25, atol=1e-6)
        for frame in frames:
            off = frame.image[30, 40].astype(int) - colour(frame.number)
            assert np.abs(off).max() <= 8
    assert video.damaged == 0


def test_frames_of_a_rate_that_varies_keep_their_times(tmp_path):
    times = [0, 40, 200, 210, 500, 1000]
    video = Video(write_video(tmp_path / "vfr.mkv", 6, times))
    seconds = [1000 * float(frame.pts * video.time_base) for frame in video]
    np.testing.assert_allclose(seconds, times, atol=0.5)


def test_a_video_that_was_taken_upright_is_shown_upright(tmp_path):
    path = turn(write_video(tmp_path / "portrait.mp4"))
    video = Video(path)
    assert video.size == SIZE[::-1]
    image = next(iter(video)).image
    # A quarter turn clockwise takes the white corner from the upper left to the upper right.
    assert image[5, -5].min() > 230
    assert image[5, 5].min() < 150


def test_a_video_whose_end_is_lost_gives_the_frames_before(tmp_path):
    path = write_video(tmp_path / "cut.mkv", 200, size=(320, 240))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    count = sum(1 for _ in Video(path))
    assert 0 < count < 200


def test_a_damaged_middle_does_not_end_a_video(tmp_path):
    path = write_video(tmp_path / "damaged.mkv", 60, size=(320, 240))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(content)
    video = Video(path)
    count = sum(1 for _ in video)
    # A container may lose its thread, and with it what follows in the same piece.
    assert 20 < count <= 60
    assert count + video.damaged <= 60


@pytest.mark.parametrize("content", [b"", b"no video at all" * 100])
def test_what_is_no_video_is_refused(tmp_path, content):
    path = tmp_path / "text.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"text\.mp4: is no video"):
        Video(path)


def test_a_missing_video_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"gone\.mp4: there is no such video"):
        Video(tmp_path / "gone.mp4")


def test_sound_alone_is_refused(tmp_path):
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(1600))
    with pytest.raises(InputError, match=r"sound\.wav: has no pictures"):
        Video(path)
