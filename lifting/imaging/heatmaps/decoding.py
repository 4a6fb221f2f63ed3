"""Coordinates of keypoints from their heat-maps; only those of a soft argmax have gradients."""

import math
from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from lifting.errors import InputError
from lifting.imaging.heatmaps.grid import centres, full_precision, neighbourhood, peak_cells

Decoded = tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]]

# A peak that is lower is not raised any further: it is noise, and so would be its gradient.
LOWEST_PEAK = 0.05
# Sharpness of L2D-Pose's soft argmax.
_L2D_BETA = 100.0


def argmax(heatmaps: Float[Tensor, "B K H W"]) -> Decoded:
    """Return the centre of the largest cell, and its value."""
    row, column, value = peak_cells(full_precision(heatmaps))
    return centres(row, column, value), value


def quarter_offset(heatmaps: Float[Tensor, "B K H W"]) -> Decoded:
    """Go a quarter of a pixel from the largest cell towards its larger neighbour, on either axis.

    As HRNet and Simple Baselines do (Newell et al., ECCV 2016). In the first two rows and columns and
    the last, the cell's centre stands; a heat-map without a value above 0 gives the first cell.
    """
    maps = full_precision(heatmaps)
    row, column, value = peak_cells(maps)
    found = value > 0
    row, column = row * found, column * found
    return centres(row, column, value) + _quarter_shift(maps, row, column), value


def _quarter_shift(
    maps: Float[Tensor, "B K H W"], row: Int[Tensor, "B K"], column: Int[Tensor, "B K"]
) -> Float[Tensor, "B K 2"]:
    """Return the shift from cells towards their larger neighbours; none near the borders."""
    height, width = maps.shape[2:]
    near, _ = neighbourhood(maps, row, column, 1)
    slope = torch.stack((near[..., 1, 2] - near[..., 1, 0], near[..., 2, 1] - near[..., 0, 1]), -1)
    # The published bounds, which leave out one row and column more on the left and above.
    shifted = (row > 1) & (row < height - 1) & (column > 1) & (column < width - 1)
    return torch.where(shifted[..., None], 0.25 * slope.sign(), 0)


def dark(heatmaps: Float[Tensor, "B K H W"], sigma: float = 2.0) -> Decoded:
    """Find the top of the parabola through the logarithm of the blurred peak (DARK).

    Zhang et al., "Distribution-Aware Coordinate Representation for Human Pose Estimation", CVPR 2020,
    https://arxiv.org/abs/1910.06278. A Gaussian's logarithm is a parabola, so that its top is exact.
    Where the surface is no hill, and at the border, the cell's centre stands. Other than there, the
    largest cell is that of the blurred map, which noise moves less.

    Args:
        heatmaps: Heat-maps.
        sigma: Standard deviation of the targets, which is that of the blur, too.
    """
    maps = full_precision(heatmaps)
    value = maps.flatten(2).amax(-1)
    blurred = _blurred(maps, sigma)
    row, column, _ = peak_cells(blurred)
    near, inside = neighbourhood(blurred, row, column, 2)
    log = near.clamp_min(1e-10).log()
    dx, dy = (log[..., 2, 3] - log[..., 2, 1]) / 2, (log[..., 3, 2] - log[..., 1, 2]) / 2
    dxx = (log[..., 2, 4] - 2 * log[..., 2, 2] + log[..., 2, 0]) / 4
    dyy = (log[..., 4, 2] - 2 * log[..., 2, 2] + log[..., 0, 2]) / 4
    dxy = (log[..., 3, 3] - log[..., 3, 1] - log[..., 1, 3] + log[..., 1, 1]) / 4
    determinant = dxx * dyy - dxy.square()
    hill = (dxx < 0) & (determinant > 0) & inside.flatten(2).all(-1)
    offset = torch.stack((dxy * dy - dyy * dx, dxy * dx - dxx * dy), -1)
    offset = offset / torch.where(hill, determinant, 1)[..., None]
    centre = centres(row, column, value)
    # The top of a peak lies in its largest cell; further away it is noise.
    return centre + torch.where(hill[..., None], offset.clamp(-1, 1), 0), value


def soft_argmax(
    heatmaps: Float[Tensor, "B K H W"],
    sigma: float = 2.0,
    beta: float | Float[Tensor, ""] = 8.0,
    window: float | None = 2.0,
    normalised: bool = True,
) -> Decoded:
    """Return the expected position under ``softmax(beta * heatmap)``, and the height of the peak.

    The defaults are those of the smallest mean error in docs/detectors.md.

    Args:
        heatmaps: Heat-maps.
        sigma: Standard deviation of the targets, heat-map pixels.
        beta: Sharpness: a Gaussian peak of height 1 and standard deviation ``s`` counts with
            ``s / sqrt(beta)``. Too high, it is the argmax again; too low, the many cells round the peak
            draw the mean to themselves.
        window: Count only cells within so many ``sigma`` of the largest cell, on either axis; all where
            None, which a second peak disturbs.
        normalised: Divide each heat-map by its peak first, so that the sharpness does not depend on the
            detector's confidence.
    """
    maps = full_precision(heatmaps)
    row, column, peak = peak_cells(maps)
    # Less the peak, which changes no expectation.
    logits = beta * (maps - peak[..., None, None])
    if normalised:
        logits = logits / peak.clamp_min(LOWEST_PEAK)[..., None, None]
    if window is None:
        first_row, first_column = torch.zeros_like(row), torch.zeros_like(column)
    else:
        radius = max(1, round(window * sigma))
        logits, inside = neighbourhood(logits, row, column, radius)
        logits = logits.masked_fill(~inside, -torch.inf)
        first_row, first_column = row - radius, column - radius
    probability = logits.flatten(2).softmax(-1).view_as(logits)
    height, width = probability.shape[2:]
    rows, columns = (
        torch.arange(n, device=maps.device, dtype=maps.dtype) + 0.5 for n in (height, width)
    )
    x = (probability.sum(2) * columns).sum(-1) + first_column
    y = (probability.sum(3) * rows).sum(-1) + first_row
    return torch.stack((x, y), -1), peak


def soft_quarter(heatmaps: Float[Tensor, "B K H W"]) -> Decoded:
    """Return the soft argmax of the whole heat-map, moved by the quarter of a pixel (L2D-Pose).

    The expectation under ``softmax(100 heatmap)`` goes on from the cell it lies in as in
    :func:`quarter_offset`. The shift has no gradient.
    """
    maps = full_precision(heatmaps)
    points, peak = soft_argmax(maps, beta=_L2D_BETA, window=None, normalised=False)
    column, row = points.detach().floor().long().unbind(-1)
    return points + _quarter_shift(maps.detach(), row, column), peak


def _blurred(maps: Float[Tensor, "B K H W"], sigma: float) -> Float[Tensor, "B K H W"]:
    radius = math.ceil(4 * sigma)
    cells = torch.arange(-radius, radius + 1, device=maps.device, dtype=maps.dtype)
    kernel = torch.exp(-0.5 * (cells / sigma).square())
    kernel = kernel / kernel.sum()
    flat = maps.flatten(0, 1)[:, None]
    with torch.autocast(maps.device.type, enabled=False):
        flat = functional.conv2d(flat, kernel[None, None, :, None], padding=(radius, 0))
        flat = functional.conv2d(flat, kernel[None, None, None, :], padding=(0, radius))
    return flat.view_as(maps)


Decoder = Callable[[Tensor, float], Decoded]

# Each takes heat-maps and the standard deviation of their targets.
DECODERS: Mapping[str, Decoder] = {
    "argmax": lambda heatmaps, sigma: argmax(heatmaps),
    "quarter": lambda heatmaps, sigma: quarter_offset(heatmaps),
    "dark": dark,
    "soft": soft_argmax,
    # The first part of L2D-Pose's.
    "soft_global": lambda heatmaps, sigma: soft_argmax(heatmaps, sigma, _L2D_BETA, None, False),
    "soft_quarter": lambda heatmaps, sigma: soft_quarter(heatmaps),
}


def decode(
    heatmaps: Float[Tensor, "B K H W"], decoder: str = "soft", sigma: float = 2.0
) -> Decoded:
    """Return keypoints in heat-map pixels, and the height of their peaks as confidence.

    Args:
        heatmaps: Heat-maps in any precision; coordinates are float32 at least.
        decoder: ``soft``, which is good everywhere and lets gradients through; ``dark``, exact for clean
            peaks away from the edges; ``soft_quarter`` (L2D-Pose), ``soft_global``, which is that
            without its shift, ``quarter`` (HRNet) and ``argmax``.
        sigma: Standard deviation of the targets, heat-map pixels.

    Raises:
        InputError: If there is no such decoder.
    """
    if decoder not in DECODERS:
        raise InputError(f"There is no decoder '{decoder}': choose one of {', '.join(DECODERS)}.")
    return DECODERS[decoder](heatmaps, sigma)
