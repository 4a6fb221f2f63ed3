"""Pixels of images: sizes, whole images, and crops decoded and warped from files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from datamodules.safe_load import existing_file
from lifting.errors import InputError
from lifting.imaging.warping import warp

Array = NDArray[np.float32]
Bytes = NDArray[np.uint8]

_FORMATS = ("JPEG", "PNG")
# Orientations from here on exchange width and height.
_LYING = 5
_DAMAGED = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)


def image_size(path: Path) -> tuple[int, int]:
    """Return width and height of an image as it is stored, from its header alone.

    Raises:
        InputError: If it is missing or damaged.
    """
    with _opened(path) as image:
        return image.size


def image_sizes(path: Path) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return width and height of an image as it is stored, and as viewers show it, from its header.

    Raises:
        InputError: If it is missing or damaged.
    """
    with _opened(path) as image:
        width, height = image.size
        return (width, height), ((height, width) if _orientation(image) >= _LYING else image.size)


def as_annotated(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return an image as it was annotated: upright, as programs show it to who annotates.

    Where the size says that it was annotated as it is stored, it is returned so.

    Args:
        image: The image, decoded or not.
        size: Width and height that its annotation counts in.
    """
    orientation = _orientation(image)
    if orientation == 1 or (orientation >= _LYING and image.size == size != image.size[::-1]):
        return image
    return ImageOps.exif_transpose(image)


def _orientation(image: Image.Image) -> int:
    """Return how EXIF says that an image is to be turned and mirrored: 1, not at all, to 8."""
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    return orientation if orientation in range(2, 9) else 1


def read_image(path: Path) -> Bytes:
    """Return the pixels of an image ``(height, width, 3)``, RGB, as they are stored.

    Raises:
        InputError: If it is missing or damaged.
    """
    with _opened(path) as image:
        return np.asarray(image.convert("RGB"))


def read_photograph(path: Path) -> Bytes:
    """Return the pixels of a photograph ``(height, width, 3)``, RGB, upright as viewers show it.

    Telephones store what they see lying, and write beside it how it is to be turned or mirrored (EXIF).

    Raises:
        InputError: If it is missing or damaged.
    """
    with _opened(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    path = existing_file(path)
    try:
        with Image.open(path, formats=_FORMATS) as image:
            yield image
    except _DAMAGED as error:
        raise InputError("damaged or no picture", path, "get the file again.") from error


@runtime_checkable
class Pixels(Protocol):
    """A source of the crops of examples."""

    def crop(self, row: int, affine: Array, size: tuple[int, int]) -> Bytes | None:
        """Return a crop ``(height, width, 3)``, RGB, or None where the image cannot be read.

        Args:
            row: The example.
            affine: Image pixels to crop pixels ``(2, 3)``.
            size: Width and height of the crop.
        """


class FilePixels:
    """Pixels of image files, one for every example.

    Args:
        files: The images.
        sizes: Width and height that the annotation of each counts in, pixels.
    """

    def __init__(self, files: list[Path], sizes: Sequence[tuple[int, int]]) -> None:
        self.files = files
        self.sizes = sizes

    def crop(self, row: int, affine: Array, size: tuple[int, int]) -> Bytes | None:
        """Return a crop ``(height, width, 3)``, RGB, or None where the image cannot be read."""
        try:
            with Image.open(self.files[row], formats=_FORMATS) as image:
                return warp(as_annotated(image, self.sizes[row]), affine, size)
        except _DAMAGED:
            return None
