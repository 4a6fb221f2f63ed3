"""Antialiased crops of images."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def warp(
    image: Image.Image, affine: NDArray[np.float32], size: tuple[int, int]
) -> NDArray[np.uint8]:
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
            size, Image.Transform.AFFINE, back.ravel().tolist(), resample=Image.Resampling.BILINEAR
        )
    )
