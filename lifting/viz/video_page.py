"""Pictures of a video that are part of a page."""

from jaxtyping import UInt8
from numpy import ndarray

from lifting.viz.player import small_jpeg

# Bytes of the pictures of a page.
_MOST_BYTES = 4_000_000
# Rows of a picture; a panel of a page has about as many pixels.
_HEIGHT = 540


class Thumbnails:
    """Small pictures of some frames, evenly spaced: what a page needs does not grow with the video.

    Args:
        frames: Frames of the video.
        limit: Pictures to keep at the most; fewer where they are large.

    Attributes:
        stride: Frames from one picture to the next.
        images: JPEG files.
    """

    def __init__(self, frames: int, limit: int) -> None:
        self.stride = max(1, -(-frames // limit))
        self.images: list[bytes] = []

    def add(self, image: UInt8[ndarray, "H W 3"], number: int) -> None:
        """Keep an RGB frame, if the turn of its number has come."""
        if number % self.stride == 0:
            self.images.append(small_jpeg(image, _HEIGHT))
            if len(self.images) > 1 and sum(map(len, self.images)) > _MOST_BYTES:
                self.images = self.images[::2]
                self.stride *= 2

    @property
    def frames(self) -> list[int]:
        """Numbers of the frames that the pictures are of."""
        return [self.stride * n for n in range(len(self.images))]
