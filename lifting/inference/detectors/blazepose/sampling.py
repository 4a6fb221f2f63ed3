"""Sampling of turned regions of an image, as OpenCV does it, to the bit."""

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray
from numpy.typing import NDArray

from lifting.inference.detectors.blazepose.regions import Region
from lifting.inference.detectors.interfaces import Image

# OpenCV interpolates at places that are rounded to this fraction of a pixel.
_STEPS = 32

_Ints = NDArray[np.int32]


def sample(image: Image, region: Region, size: int, repeat_edge: bool) -> UInt8[ndarray, "h w 3"]:
    """Return a region of an image, shrunk or enlarged to a square of ``size`` pixels.

    Bilinear interpolation between the four nearest pixels, whatever the scale: the networks were trained
    on such images. Like ``cv2.warpPerspective`` it maps the *indices* of pixels, whose first is 0, and
    so lies half a pixel beside the convention of this suite, as MediaPipe does.

    Args:
        image: RGB ``(H, W, 3)``.
        region: What is shown.
        size: Sides of the result.
        repeat_edge: Beyond the edge of the image there is the pixel at the edge; else black.
    """
    columns, rows = _places(region, size)
    height, width = image.shape[:2]
    right, down = ((places % _STEPS).astype(np.uint16)[..., None] for places in (columns, rows))
    left, top = columns // _STEPS, rows // _STEPS
    pixels = image.reshape(-1, 3)

    def row_of(y: _Ints) -> NDArray[np.uint16]:
        """Return what lies between the two nearest pixels of a row of the image."""
        starts = y.clip(0, height - 1) * width
        pair = []
        for x in (left, left + 1):
            nearest = pixels.take(starts + x.clip(0, width - 1), axis=0)
            if not repeat_edge:
                nearest[(x < 0) | (x >= width) | (y < 0) | (y >= height)] = 0
            pair.append(nearest)
        return pair[0] * (_STEPS - right) + pair[1] * right

    upper, lower = row_of(top).astype(np.uint32), row_of(top + 1).astype(np.uint32)
    total = upper * (_STEPS - down) + lower * down
    # Halves are rounded up.
    return ((total + _STEPS * _STEPS // 2) // (_STEPS * _STEPS)).astype(np.uint8)


def _places(region: Region, size: int) -> tuple[_Ints, _Ints]:
    """Return where the pixels of the result lie, in steps of pixels of the image."""
    matrix: Float[ndarray, "2 3"] = region.matrix * [1 / size, 1 / size, 1]
    index = np.arange(size)
    places = [
        np.rint(_STEPS * (row[0] * index[None] + row[1] * index[:, None] + row[2]))
        for row in matrix
    ]
    return places[0].astype(np.int32), places[1].astype(np.int32)
