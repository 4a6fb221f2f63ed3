"""Figures of a user study on relative depth (Ronchi et al., "It's all Relative", BMVC 2018)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy import ndarray

from lifting.skeletons import Skeleton
from lifting.viz.figures import METHOD_COLOURS, draw_keypoints, show_square
from lifting.viz.relative_depth import plain_axes

# The colours annotators see.
GREEN, PINK = "#2ca02c", "#e377c2"
_LINE = "#999999"
# Fraction of a person's extent that is left free around them.
_MARGIN = 0.12
# Bars of a histogram of many numbers.
_BINS = 40

_PERCENT = FuncFormatter(lambda fraction, _: f"{100 * fraction:g}%")

# Middles of bins, mean in them, and number of values; curves of a figure may differ in length.
Curve = tuple[Float[ndarray, " _"], Float[ndarray, " _"], Int[ndarray, " _"]]


@dataclass(frozen=True)
class MarkedImage:
    """An image with two joints marked.

    Attributes:
        picture: Its pixels; where there are none its skeleton is drawn.
        keypoints: Pixels.
        seen: Whether each of them is seen.
        first: The joint that is marked green.
        second: The one that is marked pink.
        title: Text above it.
    """

    picture: UInt8[ndarray, "H W 3"] | None
    keypoints: Float[ndarray, "K 2"]
    seen: Bool[ndarray, " K"]
    first: int
    second: int
    title: str


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    figure, grid = plt.subplots(
        1, count, figsize=(4.6 * count, 3.8), layout="constrained", sharey=True, squeeze=False
    )
    for axes in grid[0]:
        axes.spines[["top", "right"]].set_visible(False)
        axes.set(xlabel="true distance in depth [cm]")
    return figure, list(grid[0])


def image_figure(rows: Mapping[str, Sequence[MarkedImage]], joints: Skeleton) -> Figure:
    """Draw images in rows, each with a title."""
    columns = max(len(images) for images in rows.values())
    figure = plt.figure(figsize=(2.1 * columns, 2.9 * len(rows)), layout="constrained")
    parts = figure.subfigures(len(rows), 1, squeeze=False)[:, 0]
    for part, (title, images) in zip(parts, rows.items(), strict=True):
        part.suptitle(title, fontsize=11)
        for column, image in enumerate(images, 1):
            axes = part.add_subplot(1, columns, column)
            axes.set_title(image.title, fontsize=8)
            _draw_image(axes, image, joints)
    return figure


def _draw_image(axes: Axes, image: MarkedImage, joints: Skeleton) -> None:
    if image.picture is None:
        draw_keypoints(axes, image.keypoints, joints, visible=image.seen)
    else:
        axes.imshow(image.picture)
        axes.set_axis_off()
    for joint, colour in ((image.first, GREEN), (image.second, PINK)):
        axes.plot(*image.keypoints[joint], "o", color=colour, markersize=9, markeredgecolor="black")
    show_square(axes, image.keypoints[image.seen], _MARGIN)


def risk_figure(
    kept: Float[ndarray, " n"], expected: Float[ndarray, " n"], actual: Float[ndarray, " n"]
) -> Figure:
    """Draw the error of the least risky labels over how many of them are kept, as fractions.

    It is their mean risk, and the fraction of wrong ones, NaN where it is not known.
    """
    figure, axes = plain_axes()
    if not np.isnan(actual).all():
        axes.plot(kept, actual, color=METHOD_COLOURS[1], label="wrong, by the poses")
    axes.plot(kept, expected, color=METHOD_COLOURS[0], label="mean risk")
    axes.set(xlim=(0, 1), ylim=(0, None), xlabel="pairs kept, least risky first", ylabel="error")
    axes.xaxis.set_major_formatter(_PERCENT)
    axes.yaxis.set_major_formatter(_PERCENT)
    axes.legend(frameon=False)
    return figure


def histogram_figure(
    values: Mapping[str, Float[ndarray, " _"]], xlabel: str, ylabel: str, percent: bool = False
) -> Figure:
    """Draw the distribution of numbers by name, in one colour each; ``percent`` shows fractions so.

    The names stand in a legend if there are several.
    """
    figure, axes = plain_axes()
    every = np.concatenate(list(values.values()))
    bins = np.histogram_bin_edges(every, bins=_BINS if len(every) > 10 * _BINS else 10).tolist()
    for colour, (name, of_name) in zip(METHOD_COLOURS, values.items(), strict=False):
        axes.hist(of_name, bins, histtype="stepfilled", color=colour, alpha=0.25)
        axes.hist(of_name, bins, histtype="step", color=colour, linewidth=1.5, label=name)
        axes.axvline(float(of_name.mean()), color=colour, linestyle="--", linewidth=1)
    axes.set(xlabel=f"{xlabel} (dashed: mean)", ylabel=ylabel)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    if percent:
        axes.xaxis.set_major_formatter(_PERCENT)
    if len(values) > 1:
        # Beside the bars there may be no room.
        axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    return figure


def risk_distance_figure(
    panels: Mapping[str, tuple[Float[ndarray, " n"], Curve]], risk: Float[ndarray, " n"]
) -> Figure:
    """Draw risks over the distance of the joints, and their mean.

    Each panel has, by title, the distance of the joints in depth, millimetres, and the curve of the
    mean.
    """
    figure, all_axes = _panels(len(panels))
    for axes, (title, (distance, curve)) in zip(all_axes, panels.items(), strict=True):
        axes.plot(distance / 10, risk, ".", color=_LINE, markersize=2, alpha=0.4, label="pairs")
        axes.plot(curve[0] / 10, curve[1], color=METHOD_COLOURS[1], label="mean")
        axes.set(title=title, xlim=(0, None), ylim=(0, None))
    all_axes[0].set(ylabel="risk")
    all_axes[0].yaxis.set_major_formatter(_PERCENT)
    all_axes[-1].legend(frameon=False, loc="upper right", markerscale=4)
    return figure


def skill_figure(
    positive: Float[ndarray, " people"],
    negative: Float[ndarray, " people"],
    count: Int[ndarray, " people"],
    reference: str,
) -> Figure:
    """Draw the true-positive over the true-negative rate of annotators.

    Positive are pairs of which the joint marked pink is nearer, negative those of the green one; the
    reference is the source of the right answers.
    """
    figure, axes = plain_axes(4.6, 4.4)
    size = 10 + 60 * count / max(int(count.max()), 1)
    axes.scatter(negative, positive, s=size, color=METHOD_COLOURS[0], alpha=0.6, linewidth=0)
    axes.plot([0, 1], [1, 0], "--", color=_LINE, linewidth=0.8)
    low = min(0.5, float(np.nanmin([positive, negative])) - 0.05)
    axes.set_title(f"by {reference}; dashed: guessing", fontsize=9)
    axes.set(
        xlim=(low, 1.02),
        ylim=(low, 1.02),
        xlabel="true negatives: right where green is nearer",
        ylabel="true positives: right where pink is nearer",
        aspect="equal",
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(_PERCENT)
    return figure


def bias_figure(names: Sequence[str], bias: Float[ndarray, " people"], reference: str) -> Figure:
    """Draw the bias of annotators to a colour, sorted; with their names where there is room.

    It is the fraction of pink answers less that of pink truths, by the reference: -1 to 1.
    """
    known = np.flatnonzero(~np.isnan(bias))
    order = known[np.argsort(bias[known], kind="stable")]
    figure, axes = plain_axes(5.6, max(2.6, 0.17 * min(len(order), 40) + 1.2))
    rows, values = np.arange(len(order)), bias[order]
    axes.barh(rows, values, color=np.where(values < 0, GREEN, PINK))
    axes.axvline(0, color="black", linewidth=0.8)
    few = len(order) <= 40
    axes.set_yticks(rows if few else [], [names[i] for i in order] if few else [], fontsize=7)
    reach = max(0.1, 1.1 * float(np.abs(values).max()))
    axes.set(
        xlim=(-reach, reach),
        ylim=(-0.7, len(order) - 0.3),
        xlabel=f"pink answers less pink truths, by {reference}",
        ylabel="" if few else f"{len(order)} annotators",
    )
    axes.xaxis.set_major_formatter(_PERCENT)
    return figure


def accuracy_figure(
    panels: Mapping[str, Mapping[str, Curve]],
    model: tuple[Float[ndarray, " n"], Float[ndarray, " n"]],
) -> Figure:
    """Draw the fraction of right answers over the distance of the joints.

    Each panel has, by title, a curve per series; the model is the published crowd, as millimetres and
    fraction of right answers.
    """
    figure, all_axes = _panels(len(panels))
    for axes, (title, series) in zip(all_axes, panels.items(), strict=True):
        axes.plot(
            model[0] / 10, model[1], "--", color="black", linewidth=1, label="published crowd"
        )
        for colour, (name, (middle, right, count)) in zip(
            METHOD_COLOURS, series.items(), strict=False
        ):
            axes.plot(middle / 10, right, color=colour, linewidth=1, label=name)
            # Few answers say little: the smaller the dot.
            size = 4 + 26 * np.sqrt(count / count.max())
            axes.scatter(middle / 10, right, s=size, color=colour, linewidth=0)
        axes.set(title=title, xlim=(0, model[0][-1] / 10))
    all_axes[0].set(ylabel="right")
    all_axes[0].yaxis.set_major_formatter(_PERCENT)
    all_axes[-1].legend(frameon=False, loc="lower right")
    return figure


def agreement_figure(
    names: Sequence[str],
    alike: Float[ndarray, "people people"],
    kappa: Float[ndarray, "people people"],
    count: Int[ndarray, "people people"],
) -> Figure:
    """Draw for each two the fraction of pairs they label alike, with kappa and number of pairs below it.

    Alike and Cohen's kappa are NaN where there is no common pair, or they have no meaning.
    """
    people = len(names)
    figure, axes = plt.subplots(
        figsize=(0.75 * people + 2.2, 0.75 * people + 1.2), layout="constrained"
    )
    others = np.where(np.eye(people, dtype=bool), np.nan, alike)
    drawn = axes.imshow(others, cmap="viridis", vmin=0.5, vmax=1)
    bar = figure.colorbar(drawn, ax=axes, label="labelled alike", shrink=0.8)
    bar.ax.yaxis.set_major_formatter(_PERCENT)
    for i in range(people):
        for j in range(people):
            if i != j and count[i, j]:
                text = f"{alike[i, j]:.0%}\n$\\kappa$ {kappa[i, j]:.2f}\n{count[i, j]:,}"
                colour = "black" if alike[i, j] > 0.75 else "white"
                axes.text(j, i, text, ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(range(people), names, rotation=40, ha="right")
    axes.set_yticks(range(people), names)
    axes.spines[:].set_visible(False)
    return figure
