"""Where the pixels of a crop come from: image files, decoded and warped."""

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[np.float32]
Bytes = NDArray[np.uint8]

FORMATS = ("JPEG", "PNG")


@runtime_checkable
class Pixels(Protocol):
    """Something that gives the crop of an example."""

    def crop(self, row: int, affine: Array, size: tuple[int, int]) -> Bytes | None:
        """Return a crop ``(height, width, 3)``, RGB, or None where the image cannot be read.

        Args:
            row: The example.
            affine: Image pixels to crop pixels ``(2, 3)``.
            size: Width and height of the crop.
        """


class FilePixels:
    """Pixels of image files.

    Args:
        files: The file of every example.
    """

    def __init__(self, files: list[Path]) -> None:
        self.files = files

    def crop(self, row: int, affine: Array, size: tuple[int, int]) -> Bytes | None:
        """Return a crop ``(height, width, 3)``, RGB, or None where the image cannot be read."""
        try:
            with Image.open(self.files[row], formats=FORMATS) as image:
                return warp(image, affine, size)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return None


def warp(image: Image.Image, affine: Array, size: tuple[int, int]) -> Bytes:
    """Return the part of an image that a crop shows, bilinear, black beyond the edge.

    Where the crop is smaller, the image is first shrunk by a power of two, so that bilinear
    interpolation skips no pixel; a JPEG is then decoded at that size, which is faster too.

    Args:
        image: The image, decoded or not.
        affine: Image pixels to crop pixels ``(2, 3)``.
        size: Width and height of the crop.
    """
    linear = affine[:, :2].astype(np.float64)
    shrink = 1 / float(np.sqrt(abs(np.linalg.det(linear))))
    step = 2 ** int(np.clip(np.floor(np.log2(shrink)), 0, 3))
    width, height = image.size
    image.draft("RGB", (max(1, width // step), max(1, height // step)))
    image = image.convert("RGB")
    # Only a JPEG can be drafted; what that has not done is done here.
    done = round(width / image.size[0])
    if done < step:
        image = image.reduce(step // done)
    back = np.linalg.inv(linear)
    back = np.concatenate([back, -back @ affine[:, 2:].astype(np.float64)], 1) / step
    # Pillow, too, counts pixels from their edges: the centre of the first is at 0.5.
    return np.asarray(
        image.transform(
            size,
            Image.Transform.AFFINE,
            back.ravel().tolist(),
            resample=Image.Resampling.BILINEAR,
        )
    )
