"""Heat-maps of keypoints: their targets, and coordinates read from them.

Pixels of heat-maps count as points on a continuous axis, as pixels of images do: from 0 at the left or
upper edge to the width or height; the centre of the first cell is at 0.5.
"""

from lifting.imaging.heatmaps.decoding import (
    DECODERS,
    argmax,
    dark,
    decode,
    quarter_offset,
    soft_argmax,
    soft_quarter,
)
from lifting.imaging.heatmaps.flips import flip_test, mirrored_maps
from lifting.imaging.heatmaps.grid import STRIDE, Alignment, crop_to_heatmap, heatmap_to_crop
from lifting.imaging.heatmaps.targets import gaussian_targets

__all__ = [
    "DECODERS",
    "STRIDE",
    "Alignment",
    "argmax",
    "crop_to_heatmap",
    "dark",
    "decode",
    "flip_test",
    "gaussian_targets",
    "heatmap_to_crop",
    "mirrored_maps",
    "quarter_offset",
    "soft_argmax",
    "soft_quarter",
]
