"""Figures of detected keypoints on crops of images."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy import ndarray

from lifting.skeletons import Skeleton
from lifting.viz.figures import SIDE_COLOURS
from lifting.viz.stick_figure import stick_figure

# Of what is labelled, seen on dark and on bright clothes alike.
LABEL_COLOUR = "#ffffff"
_LABEL_EDGE = "#222222"
# Opacity of a joint of no confidence.
_MIN_OPACITY = 0.25


def detection_figure(
    images: Float[ndarray, "N H W 3"],
    detected: Float[ndarray, "N K 2"],
    confidence: Float[ndarray, "N K"],
    truth: Float[ndarray, "N K 2"],
    labelled: Bool[ndarray, "N K"],
    joints: Skeleton,
    titles: Sequence[str],
) -> Figure:
    """Draw crops side by side, above what is labelled on them and below what was detected.

    Crops are RGB from 0 to 1, each with a title, and keypoints pixels of the crop. The higher the
    confidence the more opaque; a label is a white dot, joined to what was detected.
    """
    count, (height, width) = len(images), images.shape[1:3]
    size = (1.8 * count, 2 * 1.8 * height / width + 0.5)
    figure, rows = plt.subplots(2, count, figsize=size, layout="constrained", squeeze=False)
    opacity = np.clip(confidence, _MIN_OPACITY, 1)
    for i, title in enumerate(titles):
        for axes, heading in zip(rows[:, i], (title, ""), strict=True):
            # Pixels count from the left edge of the first one.
            axes.imshow(images[i], extent=(0, width, height, 0))
            axes.set_axis_off()
            # Else a place is searched for between ticks that are not shown.
            axes.set_title(heading, fontsize=8, y=1.0)
        _draw(rows[0, i], truth[i], labelled[i].astype(float), joints)
        _draw(rows[1, i], detected[i], opacity[i], joints)
        for k in np.flatnonzero(labelled[i]):
            _draw_label(rows[1, i], truth[i, k], detected[i, k])
        for axes in rows[:, i]:
            # Points outside of the crop are cut off, and do not shrink it.
            axes.set(xlim=(0, width), ylim=(height, 0))
    return figure


def _draw(
    axes: Axes, points: Float[ndarray, "K 2"], opacity: Float[ndarray, " K"], joints: Skeleton
) -> None:
    figure = stick_figure(joints)
    # Of a middle, the mean of its joints would be drawn where one of them is not there.
    opacities = figure.points(np.where(opacity > 0, opacity, np.nan)[:, None])[:, 0]
    for ends, segment, side in zip(
        figure.lines, figure.segments(points), figure.sides, strict=True
    ):
        alpha = float(opacities[list(ends)].min())
        if alpha > 0:
            axes.plot(*segment.T, color=SIDE_COLOURS[side], alpha=alpha, linewidth=2)


def _draw_label(axes: Axes, label: Float[ndarray, "2"], detected: Float[ndarray, "2"]) -> None:
    axes.plot(*np.stack([label, detected]).T, color=LABEL_COLOUR, linewidth=0.7)
    axes.plot(
        *label,
        marker="o",
        markersize=3.5,
        markerfacecolor=LABEL_COLOUR,
        markeredgecolor=_LABEL_EDGE,
        markeredgewidth=0.6,
    )
