"""Decoders of heat-maps, by name."""

from collections.abc import Callable, Mapping

from jaxtyping import Float
from torch import Tensor

from lifting.errors import InputError
from lifting.imaging.heatmaps.decoding import argmax, dark, quarter_offset
from lifting.imaging.heatmaps.soft_argmax import soft_argmax

Decoder = Callable[[Tensor, float], tuple[Tensor, Tensor]]

# Each takes heat-maps and the standard deviation of their targets.
DECODERS: Mapping[str, Decoder] = {
    "argmax": lambda heatmaps, sigma: argmax(heatmaps),
    "quarter": lambda heatmaps, sigma: quarter_offset(heatmaps),
    "dark": dark,
    "soft": soft_argmax,
    # L2D-Pose's.
    "soft_global": lambda heatmaps, sigma: soft_argmax(heatmaps, sigma, 100.0, None, False),
}


def decode(
    heatmaps: Float[Tensor, "B K H W"], decoder: str = "soft", sigma: float = 2.0
) -> tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]]:
    """Return keypoints in heat-map pixels, and the height of their peaks as confidence.

    Args:
        heatmaps: Heat-maps in any precision; coordinates are float32 at least.
        decoder: ``soft``, which is good everywhere and lets gradients through; ``dark``, exact for clean
            peaks away from the edges; ``soft_global`` (L2D-Pose), ``quarter`` (HRNet) and ``argmax``.
        sigma: Standard deviation of the targets, heat-map pixels.

    Raises:
        InputError: If there is no such decoder.
    """
    if decoder not in DECODERS:
        raise InputError(f"There is no decoder '{decoder}': choose one of {', '.join(DECODERS)}.")
    return DECODERS[decoder](heatmaps, sigma)
