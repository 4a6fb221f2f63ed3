"""Reader of video files, frame by frame: upright, with the time of every frame."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from lifting.errors import InputError
from lifting.inference.detectors.interfaces import Image

# Width of a pixel in its heights, or the other way round: 4 thirds in DVDs, 2 in anamorphic films.
_MOST_OBLONG = 16


class VideoFrame(NamedTuple):
    """A frame of a video.

    Attributes:
        number: Its index among all frames, from 0.
        pts: When it is shown, in units of :attr:`Video.time_base`.
        image: RGB ``(H, W, 3)``, upright.
    """

    number: int
    pts: int
    image: Image


class Video:
    """A video file, decoded while it is iterated over: the memory does not depend on its length.

    Each iteration begins at the first frame. Packets that cannot be decoded are counted in
    :attr:`damaged` and give no frame.

    Args:
        path: The file.

    Attributes:
        size: Width and height of the frames as they are shown, pixels.
        fps: Frames per second, on average.
        time_base: The unit of ``pts``, seconds.
        frames: Number of frames, as the file says; 0 where it does not.
        damaged: Packets that could not be decoded, in the last iteration.
        seconds: When each frame is shown, counted from the first one, as far as the last iteration came.

    Raises:
        InputError: If it is no video.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.damaged = 0
        self.seconds: list[float] = []
        first = next(iter(self), None)
        if first is None:
            raise InputError("no frame of it can be decoded", path, "get or convert it again.")
        self.size = (first.image.shape[1], first.image.shape[0])
        with self._open() as container:
            stream = container.streams.video[0]
            rate = stream.average_rate or stream.guessed_rate or Fraction(25)
            self.fps = float(rate)
            self.time_base = stream.time_base or 1 / rate
            self.frames = stream.frames

    def _open(self) -> "av.container.InputContainer":
        if self.path.is_dir():
            raise InputError("is a folder", self.path, "name a video in it.")
        if not self.path.is_file():
            raise InputError("there is no such video", self.path, "check the path.")
        try:
            # Titles and makers in code pages of their own are no fault of the pictures.
            container = av.open(str(self.path), metadata_errors="replace")
        except FFmpegError as error:
            raise InputError(
                "is no video, or of a kind that cannot be read", self.path, "convert it to MP4."
            ) from error
        if not container.streams.video:
            container.close()
            raise InputError("has no pictures in it", self.path, "name a video.")
        return container

    def __iter__(self) -> Iterator[VideoFrame]:
        """Decode the frames in the order in which they are shown.

        Raises:
            InputError: If the frames change their size, or their pixels are no true ones.
        """
        shape: tuple[int, ...] | None = None
        matrix = None
        for number, (pts, frame, ratio) in enumerate(self._decoded()):
            # Of the first one alone: it keeps its frame in memory.
            matrix = display_matrix(frame) if matrix is None else matrix
            image = upright(_square_pixels(frame, ratio), matrix)
            shape = shape or image.shape
            if image.shape != shape:
                what = f"its frames change their size at frame {number}"
                raise InputError(what, self.path, "cut it there.")
            yield VideoFrame(number, pts, image)

    def read_seconds(self) -> list[float]:
        """Return :attr:`seconds` of all frames, which are decoded and not looked at."""
        for _ in self._decoded():
            pass
        return self.seconds

    def _decoded(self) -> Iterator[tuple[int, "av.VideoFrame", Fraction | None]]:
        """Yield time, frame, and width of its pixels in their heights.

        Raises:
            InputError: If the pixels are no true ones.
        """
        self.damaged = 0
        self.seconds = []
        with self._open() as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            ratio = stream.sample_aspect_ratio
            if ratio and not 1 / _MOST_OBLONG <= ratio <= _MOST_OBLONG:
                what = f"says that its pixels are {float(ratio):g} times as wide as high"
                raise InputError(what, self.path, "convert it again.")
            unit = stream.time_base or Fraction(1, 25)
            step = 1 / (unit * (stream.average_rate or 25))
            first, pts = None, -1
            for packet in container.demux(stream):
                try:
                    decoded = packet.decode()
                except FFmpegError:
                    self.damaged += 1
                    continue
                for frame in decoded:
                    # Streams without times are shown at their rate.
                    given = round(len(self.seconds) * step) if frame.pts is None else frame.pts
                    pts = max(pts + 1, given)
                    first = pts if first is None else first
                    self.seconds.append(float((pts - first) * unit))
                    yield pts, frame, ratio


def _square_pixels(frame: "av.VideoFrame", pixel_ratio: Fraction | None) -> Image:
    """Return a frame as wide as players show it."""
    if not pixel_ratio or pixel_ratio == 1:
        return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    width = max(1, round(frame.width * pixel_ratio))
    return np.asarray(frame.to_ndarray(format="rgb24", width=width), np.uint8)


def display_matrix(frame: "av.VideoFrame") -> NDArray[np.int32]:
    """Return the matrix of :func:`upright`, which changes nothing where the file holds none."""
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return np.eye(3, dtype=np.int32)
    return np.frombuffer(bytes(matrix), np.int32)[:9].reshape(3, 3)


def upright(image: Image, matrix: NDArray[np.int32]) -> Image:
    """Turn and mirror a frame by its display matrix, as players do.

    Telephones write a quarter turn into portrait videos, front cameras a mirror. A row vector times the
    matrix is where a pixel is shown (ISO 14496-12, 6.2.2); of other angles the nearest quarter is taken.
    """
    (along, down), (along_too, down_too) = matrix[:2, :2].tolist()
    if abs(down) + abs(along_too) > abs(along) + abs(down_too):
        image = image.swapaxes(0, 1)
        along, down_too = along_too, down
    return np.ascontiguousarray(image[:: -1 if down_too < 0 else 1, :: -1 if along < 0 else 1])
