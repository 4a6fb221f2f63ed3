"""Where the pixels of a crop come from: image files, decoded and warped."""

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lifting.imaging.warping import warp

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
