"""Writer of GIFs, which play anywhere, in a loop, in 64 colours."""

from collections.abc import Iterable, Iterator
from math import ceil
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image

from lifting.files import beside

COLOURS = 64
# Programs play faster ones slowly.
FASTEST = 50.0


def shown_frames(count: int, fps: float) -> tuple[list[int], list[int]]:
    """Return which frames a GIF shows, and for how many milliseconds each.

    Times in a GIF are hundredths of a second: rounded one by one, so that they do not drift. Of a rate
    above :data:`FASTEST` some frames are left out.

    Example:
        >>> shown_frames(5, 30.0)
        ([0, 1, 2, 3, 4], [30, 40, 30, 30, 40])
        >>> shown_frames(5, 100.0)
        ([0, 2, 4], [20, 20, 20])
    """
    step = ceil(fps / FASTEST)
    frames = list(range(0, count, step))
    ends = [round(100 * (number + 1) * step / fps) for number in range(len(frames))]
    return frames, [10 * (end - begin) for begin, end in zip([0, *ends], ends, strict=False)]


def write_gif(path: Path, images: Iterable[UInt8[ndarray, "H W 3"]], times: list[int]) -> None:
    """Write RGB images as a GIF, all of it or nothing.

    Args:
        path: The file.
        images: The images, one or more, which are asked for one by one.
        times: Milliseconds for which each is shown.

    Raises:
        InputError: If nothing can be written at the path.
    """

    def frames() -> Iterator[Image.Image]:
        for image in images:
            yield Image.fromarray(np.ascontiguousarray(image)).quantize(COLOURS)

    rest = frames()
    first = next(rest)
    with beside(path) as partial:
        first.save(partial, format="GIF", save_all=True, append_images=rest, duration=times, loop=0)
