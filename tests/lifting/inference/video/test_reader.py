import wave
from fractions import Fraction

import av
import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.video.reader import Video
from tests.datamodules.made_videos import SIZE, colour, picture, turn, write_video


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


@pytest.mark.parametrize(
    ("matrix", "corner"),
    [
        ([[1, 0], [0, 1]], (0, 0)),
        ([[-1, 0], [0, -1]], (-1, -1)),
        ([[0, -1], [1, 0]], (-1, 0)),
        # Mirrored, as front cameras see, and turned besides.
        ([[-1, 0], [0, 1]], (0, -1)),
        ([[1, 0], [0, -1]], (-1, 0)),
        ([[0, 1], [1, 0]], (0, 0)),
        ([[0, -1], [-1, 0]], (-1, -1)),
    ],
)
def test_a_video_is_turned_and_mirrored_as_its_matrix_says(tmp_path, matrix, corner):
    video = Video(turn(write_video(tmp_path / "turned.mp4"), matrix))
    assert video.size == (SIZE if matrix[0][0] else SIZE[::-1])
    image = next(iter(video)).image
    white = {
        (y, x) for y in (0, -1) for x in (0, -1) if image[6 * y + 3 * (y == 0), 6 * x].min() > 230
    }
    assert white == {corner}


def write_oblong(path, ratio):
    """Write a frame whose pixels are so many times as wide as high."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 352, 288, "yuv420p"
        stream.codec_context.sample_aspect_ratio = ratio
        image = picture(0, (352, 288))
        container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("ratio", [Fraction(40), Fraction(1, 40)])
def test_pixels_that_no_camera_has_are_refused_before_room_is_made(tmp_path, ratio):
    write_oblong(tmp_path / "a.mp4", ratio)
    with pytest.raises(InputError, match=f"its pixels are {float(ratio):g} times as wide as high"):
        Video(tmp_path / "a.mp4")


def test_a_video_of_oblong_pixels_is_shown_as_wide_as_players_show_it(tmp_path):
    write_oblong(tmp_path / "pal.mp4", Fraction(16, 11))
    video = Video(tmp_path / "pal.mp4")
    shown = next(iter(video)).image
    assert (video.size, shown.shape) == ((512, 288), (288, 512, 3))
    # The white corner is a quarter of the width, whatever that is.
    assert shown[30, :124].min() > 200 > 150 > shown[30, 132:].min()


def test_a_title_that_is_not_utf_8_keeps_no_video_from_being_read(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        container.metadata["title"] = "walk"
        stream = container.add_stream("h264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        image = picture(0, (64, 48))
        container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    whole = (tmp_path / "a.mp4").read_bytes()
    assert whole.count(b"walk") == 1
    (tmp_path / "a.mp4").write_bytes(whole.replace(b"walk", b"w\xe4lk"))
    assert Video(tmp_path / "a.mp4").size == (64, 48)


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


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"is a folder; name a video in it\."):
        Video(tmp_path)


def test_sound_alone_is_refused(tmp_path):
    path = tmp_path / "sound.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(1600))
    with pytest.raises(InputError, match=r"sound\.wav: has no pictures"):
        Video(path)


RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "size", "corners"),
    [
        ("front_camera.mp4", (320, 240), {(5, 5): GREEN, (5, -6): RED, (-6, -6): BLUE}),
        ("portrait_mirrored.mp4", (240, 320), {(5, 5): RED, (5, -6): BLUE, (-6, 5): GREEN}),
    ],
)
def test_real_videos_mirrored_by_their_matrix(cases, name, size, corners):
    video = Video(cases / "video_mirrored_by_its_matrix" / name)
    assert video.size == size
    image = next(iter(video)).image
    for corner, painted in corners.items():
        np.testing.assert_allclose(image[corner], painted, atol=12)


@pytest.mark.real
def test_real_video_of_oblong_pixels(cases):
    video = Video(cases / "video_of_oblong_pixels/pal_wide.mp4")
    assert (video.size, next(iter(video)).image.shape) == ((512, 288), (288, 512, 3))


def test_seconds_are_counted_from_the_first_frame(tmp_path):
    times = [100, 140, 300, 310, 500, 1000]
    video = Video(write_video(tmp_path / "vfr.mkv", 6, times))
    np.testing.assert_allclose(video.read_seconds(), [0, 0.04, 0.2, 0.21, 0.4, 0.9], atol=1e-9)
    frames = iter(video)
    assert [next(frames).number for _ in range(3)] == [0, 1, 2]
    # As far as the frames have been decoded.
    assert video.seconds[:3] == pytest.approx([0, 0.04, 0.2])
