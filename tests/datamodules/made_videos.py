"""Small videos of known colours."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIZE = (64, 48)


def colour(number: int) -> tuple[int, int, int]:
    return (40 + 20 * (number % 8), 200 - 20 * (number % 8), 90)


def picture(number: int, size=SIZE) -> np.ndarray:
    """A frame of one colour, with a white upper left corner."""
    image = np.full((size[1], size[0], 3), colour(number), np.uint8)
    image[: size[1] // 4, : size[0] // 4] = 255
    return image


def write_video(path: Path, frames: int = 10, times=None, size=SIZE, rate: int = 25) -> Path:
    """Write frames of known colours, at given times in thousandths of a second or at a rate."""
    return write_frames(path, (picture(n, size) for n in range(frames)), size, times, rate)


def write_frames(path: Path, frames, size=SIZE, times=None, rate: int = 25) -> Path:
    """Write frames, at given times in thousandths of a second or at a rate."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.options = {"crf": "10"}
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = times[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def turn(path: Path, matrix=((0, 1), (-1, 0))) -> Path:
    """Say in an MP4 how it is shown: by default turned clockwise by a quarter, as of telephones."""
    content = bytearray(path.read_bytes())
    # The matrix lies 44 bytes behind the name and the version of the track header.
    start = content.index(b"tkhd") + 4 + 40
    (a, b), (c, d) = (np.array(matrix) << 16).tolist()
    content[start : start + 36] = np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], ">i4").tobytes()
    path.write_bytes(content)
    return path
