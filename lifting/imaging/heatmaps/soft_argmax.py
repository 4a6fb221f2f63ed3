"""Soft argmax: coordinates as the expectation under a heat-map, with gradients."""

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.imaging.heatmaps.grid import full_precision, neighbourhood, peak_cells

# A peak that is lower is not raised any further: it is noise, and so would be its gradient.
LOWEST_PEAK = 0.05


def soft_argmax(
    heatmaps: Float[Tensor, "B K H W"],
    sigma: float = 2.0,
    beta: float | Float[Tensor, ""] = 8.0,
    window: float | None = 2.0,
    normalised: bool = True,
) -> tuple[Float[Tensor, "B K 2"], Float[Tensor, "B K"]]:
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
