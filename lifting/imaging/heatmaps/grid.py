"""Pixel grids of crops and heat-maps, and the cells round a peak."""

from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

# Crop pixels per heat-map pixel.
STRIDE = 4

Alignment = Literal["edges", "centres"]


def crop_to_heatmap(
    points: Float[Tensor, "*batch 2"], alignment: Alignment = "edges"
) -> Float[Tensor, "*batch 2"]:
    """Return the heat-map pixels of crop pixels.

    Args:
        points: Pixels of the crop.
        alignment: ``edges``: crop and heat-map begin and end together, so that a mirrored crop has the
            mirrored heat-map. ``centres``: the centres of their first pixels lie on each other, as
            published weights have learnt it; their heat-maps are 1.5 pixels of the crop to the left and
            above.
    """
    if alignment == "edges":
        return points / STRIDE
    return (points - 0.5) / STRIDE + 0.5


def heatmap_to_crop(
    points: Float[Tensor, "*batch 2"], alignment: Alignment = "edges"
) -> Float[Tensor, "*batch 2"]:
    """Return the crop pixels of heat-map pixels.

    Args:
        points: Pixels of the heat-map.
        alignment: As in :func:`crop_to_heatmap`.
    """
    if alignment == "edges":
        return points * STRIDE
    return (points - 0.5) * STRIDE + 0.5


def full_precision(heatmaps: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Return heat-maps in float32, or float64 where they are: bfloat16 has too few steps for a peak."""
    return heatmaps if heatmaps.dtype == torch.float64 else heatmaps.float()


def peak_cells(
    heatmaps: Float[Tensor, "B K H W"],
) -> tuple[Int[Tensor, "B K"], Int[Tensor, "B K"], Float[Tensor, "B K"]]:
    """Return row, column and value of the largest cell of each heat-map."""
    value, index = heatmaps.flatten(2).max(-1)
    width = heatmaps.shape[3]
    return index // width, index % width, value


def centres(
    row: Int[Tensor, "B K"], column: Int[Tensor, "B K"], like: Tensor
) -> Float[Tensor, "B K 2"]:
    """Return the middles of cells in the precision of another tensor."""
    return torch.stack((column, row), -1).to(like.dtype) + 0.5


def neighbourhood(
    heatmaps: Float[Tensor, "B K H W"],
    row: Int[Tensor, "B K"],
    column: Int[Tensor, "B K"],
    radius: int,
) -> tuple[Float[Tensor, "B K D D"], Bool[Tensor, "B K D D"]]:
    """Return the square of cells round one cell of each map, and which of them are in the map.

    Those that are not have the value of the nearest that is. ``D`` is ``2 radius + 1``.
    """
    height, width = heatmaps.shape[2:]
    reach = torch.arange(-radius, radius + 1, device=heatmaps.device)
    rows, columns = row[..., None] + reach, column[..., None] + reach
    near_rows, near_columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    index = near_rows[..., :, None] * width + near_columns[..., None, :]
    values = heatmaps.flatten(2).gather(2, index.flatten(2)).view(index.shape)
    return values, (rows == near_rows)[..., :, None] & (columns == near_columns)[..., None, :]
