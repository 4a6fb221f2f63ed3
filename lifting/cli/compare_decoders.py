"""The command ``lifting compare-decoders``: errors of decoders of heat-maps, on simulated ones."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    Reader = Callable[[Tensor, float], tuple[Tensor, Tensor]]

# Width, height and deviation of the targets.
SIZES = [(72, 96, 3.0), (48, 64, 2.0)]


def simulate(
    width: int,
    height: int,
    sigma: float,
    peak: float = 1.0,
    noise: float = 0.0,
    smooth: bool = False,
    second: float = 0.0,
    wider: float = 1.0,
    quantised: bool = False,
    edge: bool = False,
    count: int = 400,
) -> "tuple[Tensor, Tensor]":
    """Return heat-maps (count, 1, height, width) and the true keypoints.

    Args:
        width: Cells of a row.
        height: Cells of a column.
        sigma: Deviation of the targets.
        peak: Height of the peaks.
        noise: Deviation of the normal noise in every cell.
        smooth: Blur the noise, with half the deviation of the targets, before it is scaled.
        second: Height, over the peak's, of a false peak five deviations below.
        wider: Deviation of the peaks over that of the targets.
        quantised: Put the peaks at centres of cells.
        edge: Put the keypoints within two deviations of the left edge, not in the middle 70 %.
        count: How many heat-maps.
    """
    import torch
    from torch.nn import functional

    from lifting.imaging.heatmaps import gaussian_targets

    draw = torch.Generator().manual_seed(0)
    size = torch.tensor([width, height])
    places = torch.rand(count, 1, 2, generator=draw)
    points = (0.15 + 0.7 * places) * size
    if edge:
        points[..., 0] = 2 * sigma * places[..., 0]
    seen = torch.ones(count, 1, dtype=torch.bool)
    maps, _ = gaussian_targets(points, seen, (width, height), wider * sigma, quantised)
    if second:
        beside = points + torch.tensor([0.0, 5 * sigma])
        other, _ = gaussian_targets(beside, seen, (width, height), sigma)
        maps = torch.maximum(maps, second * other)
    disturbance = torch.randn(maps.shape, generator=draw)
    if smooth:
        reach = int(2 * sigma)
        kernel = torch.exp(-2 * (torch.arange(-reach, reach + 1) / sigma).square())
        disturbance = functional.conv2d(
            disturbance, torch.outer(kernel, kernel)[None, None], padding=reach
        )
    return peak * maps + noise * disturbance / disturbance.std(), points


CONDITIONS: dict[str, dict[str, Any]] = {
    "clean": {},
    "peak 0.1": {"peak": 0.1},
    "noise": {"noise": 0.02},
    "noise, peak 0.4": {"noise": 0.02, "peak": 0.4},
    "smooth noise, peak 0.4": {"noise": 0.05, "peak": 0.4, "smooth": True},
    "second peak": {"second": 0.7},
    "1.5 times as wide": {"wider": 1.5},
    "noise, near an edge": {"noise": 0.02, "edge": True},
    "quantised": {"quantised": True},
}


def readers() -> "dict[str, Reader]":
    """Return the decoders by name."""
    from lifting.imaging.heatmaps import DECODERS, soft_argmax

    return {
        **{f"`{name}`": reader for name, reader in DECODERS.items()},
        "global, β 20": partial(soft_argmax, beta=20.0, window=None, normalised=False),
        "global, normalised, β 20": partial(soft_argmax, beta=20.0, window=None),
        "window of 3σ, β 20": partial(soft_argmax, beta=20.0, window=3.0, normalised=False),
        "window of 3σ, normalised, β 20": partial(soft_argmax, beta=20.0, window=3.0),
        "window of 3σ, normalised, β 8": partial(soft_argmax, beta=8.0, window=3.0),
        "window of 2σ, normalised, β 12": partial(soft_argmax, beta=12.0, window=2.0),
        "window of 2σ, normalised, β 5": partial(soft_argmax, beta=5.0, window=2.0),
    }


def table(width: int, height: int, sigma: float) -> list[str]:
    """Return the mean distance from the true keypoint in heat-map pixels, as lines of Markdown."""
    examples = [simulate(width, height, sigma, **options) for options in CONDITIONS.values()]
    lines = [f"| {' | '.join(['decoder', *CONDITIONS])} |", "|---" * (len(CONDITIONS) + 1) + "|"]
    for name, read in readers().items():
        errors = [(read(maps, sigma)[0] - points).norm(dim=-1).mean() for maps, points in examples]
        lines.append(f"| {name} | {' | '.join(f'{error:.3f}' for error in errors)} |")
    return lines


def compare_decoders() -> None:
    """Compare the ways to read coordinates from heat-maps: their mean errors on simulated ones."""
    for width, height, sigma in SIZES:
        print(f"{width} × {height}, deviation {sigma:g}\n")
        print("\n".join(table(width, height, sigma)), end="\n\n")
