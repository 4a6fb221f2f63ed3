"""Writer of videos whose frames are shown exactly when those of another one are."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from jaxtyping import UInt8
from numpy import ndarray

from lifting.files import beside

# Frames per second are written as a fraction of at most this denominator.
_DENOMINATOR = 1001


class TimedVideo:
    """An MP4 (H.264) that is being written: :func:`timed_video` opens it.

    Attributes:
        times: Seconds at which the frames that were added are shown.
    """

    def __init__(self, container: Any, stream: Any, time_base: Fraction) -> None:
        self._container, self._stream, self._time_base = container, stream, time_base
        self.times: list[float] = []

    def add(self, image: UInt8[ndarray, "H W 3"], pts: int) -> None:
        """Add an RGB frame, shown at ``pts`` units of the time base: later than the one before."""
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts, frame.time_base = pts, self._time_base
        self._container.mux(self._stream.encode(frame))
        self.times.append(float(pts * self._time_base))


@contextmanager
def timed_video(
    path: Path, size: tuple[int, int], time_base: Fraction, fps: float
) -> Iterator[TimedVideo]:
    """Yield a video to add frames to; the file appears when it is whole.

    Width and height are even, the time base is in seconds, and the frame rate is that on average.

    Raises:
        InputError: If nothing can be written at the path.
    """
    # MP4 counts whole parts of a second, and would else choose which.
    scale = str(time_base.denominator)
    kept = {"video_track_timescale": scale, "movie_timescale": scale}
    rate = Fraction(fps).limit_denominator(_DENOMINATOR)
    with (
        beside(path) as partial,
        av.open(str(partial), "w", format="mp4", container_options=kept) as container,
    ):
        stream = container.add_stream("h264", rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = time_base
        stream.options = {"crf": "22", "preset": "superfast"}
        yield TimedVideo(container, stream, time_base)
        container.mux(stream.encode())
