"""Figures of "It's all Relative" (Ronchi et al., BMVC 2018), from the errors of runs."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D
from numpy import ndarray

from lifting.skeletons import Skeleton
from lifting.viz.figures import METHOD_COLOURS, draw_keypoints, draw_pose

# What is neither of these two has the third.
_COLOURS = {"supervised": METHOD_COLOURS[0], "relative": METHOD_COLOURS[1]}
_OTHER = METHOD_COLOURS[2]
# Percentiles that figure 4a marks.
_PERCENTILES = (25, 50, 68.3, 95.4)


def _colour(name: str) -> str:
    return next((c for kind, c in _COLOURS.items() if name.startswith(kind)), _OTHER)


def plain_axes(width: float = 5.0, height: float = 3.8) -> tuple[Figure, Axes]:
    """Return axes without a frame at the top and at the right, in a figure of their own (inches)."""
    figure, axes = plt.subplots(figsize=(width, height), layout="constrained")
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def annotation_figure(points: Mapping[str, Sequence[tuple[str, float, float]]]) -> Figure:
    """Draw errors over the size of the annotations that were learnt from (figure 1d).

    For ``supervised`` and ``relative``: label, megabytes and PA-MPJPE in millimetres of each run.
    """
    figure, axes = plain_axes()
    for name, runs in points.items():
        megabytes = [size for _, size, _ in runs]
        centimetres = [error / 10 for _, _, error in runs]
        axes.plot(megabytes, centimetres, "o", color=_colour(name), label=name)
        # Runs that fall together, as those on parts of a small dataset do, have one label.
        labels: dict[tuple[float, float], list[str]] = {}
        for (label, x, _), y in zip(runs, centimetres, strict=True):
            labels.setdefault((x, y), []).append(label)
        for point, names in labels.items():
            text = "\n".join(names)
            axes.annotate(text, point, (4, 4), textcoords="offset points", fontsize=7)
    axes.set(xscale="log", xlabel="size of the annotations [MB]", ylabel="PA-MPJPE [cm]")
    axes.legend(frameon=False)
    return figure


def error_figure(errors: Mapping[str, Float[ndarray, " frames"]]) -> Figure:
    """Draw the distribution of errors of frames, and the fraction below each (figure 4a).

    The errors are PA-MPJPE of every frame, millimetres, by name.
    """
    figure, axes = plain_axes()
    below = axes.twinx()
    below.spines[["top"]].set_visible(False)
    for name, of_frames in errors.items():
        centimetres, colour = np.sort(of_frames) / 10, _colour(name)
        axes.hist(
            centimetres, bins=200, range=(0, 20), density=True, color=colour, alpha=0.4, label=name
        )
        fraction = np.arange(1, len(centimetres) + 1) / len(centimetres)
        below.plot(centimetres, fraction, color=colour)
        marks = np.percentile(centimetres, _PERCENTILES)
        below.plot(marks, np.array(_PERCENTILES) / 100, "o", color=colour, markersize=4)
    axes.set(xlim=(0, 20), xlabel="PA-MPJPE of a frame [cm]", ylabel="density")
    below.set(ylim=(0, 1), ylabel="fraction of frames below")
    axes.legend(frameon=False, loc="center right")
    return figure


def joint_figure(errors: Mapping[str, Float[ndarray, "frames J"]], joints: Skeleton) -> Figure:
    """Draw errors of joints with their standard deviations, left and right together (figure 4b).

    The errors are distances of every joint after alignment, millimetres, by name.
    """
    kinds = [joint.removeprefix("left_").removeprefix("right_") for joint in joints.joints]
    groups = {kind: [i for i, k in enumerate(kinds) if k == kind] for kind in kinds}
    figure, axes = plain_axes(width=7.0)
    positions, width = np.arange(len(groups)), 0.8 / len(errors)
    for number, (name, each) in enumerate(errors.items()):
        values = [each[:, group] / 10 for group in groups.values()]
        axes.bar(
            positions + (number - (len(errors) - 1) / 2) * width,
            [value.mean() for value in values],
            width,
            yerr=[value.std() for value in values],
            color=_colour(name),
            label=name,
            error_kw={"linewidth": 0.8},
        )
    axes.set_xticks(positions, groups, rotation=30, ha="right")
    axes.set(ylabel="error after alignment [cm]", ylim=(0, None))
    axes.legend(frameon=False, loc="upper left")
    return figure


def noise_figure(errors: Mapping[str, Mapping[str, tuple[float, float]]]) -> Figure:
    """Draw errors with noise in test and training over errors with noise in the test (figure 4c).

    For each method and kind of noise: PA-MPJPE, millimetres, with noise in the test, and in both.
    """
    figure, axes = plain_axes(4.6, 4.4)
    for name, runs in errors.items():
        pairs = np.array(list(runs.values())) / 10
        # Of one colour, those on another joint set are hollow.
        fill = "none" if name not in _COLOURS else "full"
        axes.plot(*pairs.T, "o", color=_colour(name), fillstyle=fill, label=name)
        for label, pair in zip(runs, pairs, strict=True):
            axes.annotate(label, pair, (4, -8), textcoords="offset points", fontsize=7)
    low = min(axes.get_xlim()[0], axes.get_ylim()[0])
    high = max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.plot([low, high], [low, high], "--", color="#999999", linewidth=0.8)
    axes.set(
        xlim=(low, high),
        ylim=(low, high),
        xlabel="noise in the test: PA-MPJPE [cm]",
        ylabel="noise in training too: PA-MPJPE [cm]",
        aspect="equal",
    )
    axes.legend(frameon=False)
    return figure


def bar_figure(values: Mapping[str, float], xlabel: str, ylabel: str) -> Figure:
    """Draw one number per run (figure 4d; the disagreement of figure 5)."""
    figure, axes = plain_axes()
    bars = axes.bar(list(values), list(values.values()), color=[_colour(name) for name in values])
    axes.bar_label(bars, fmt="%.1f", fontsize=8)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.tick_params(axis="x", rotation=20 if max(map(len, values)) > 6 else 0)
    return figure


def comparison_figure(
    keypoints: Float[ndarray, "N K 2"],
    poses: Mapping[str, Float[ndarray, "N J 3"]],
    keypoint_joints: Skeleton,
    pose_joints: Skeleton,
) -> Figure:
    """Draw keypoints (pixels), and below them the poses of each run, root-relative mm (figure 5)."""
    count, rows = len(keypoints), 1 + len(poses)
    figure = plt.figure(figsize=(1.7 * count, 1.8 * rows), layout="constrained")
    for i in range(count):
        draw_keypoints(figure.add_subplot(rows, count, i + 1), keypoints[i], keypoint_joints)
        for row, (name, pose) in enumerate(poses.items(), start=1):
            axes = figure.add_subplot(rows, count, row * count + i + 1, projection="3d")
            assert isinstance(axes, Axes3D)
            axes.view_init(elev=8, azim=-60)
            draw_pose(axes, pose[i], pose_joints)
            if i == 0:
                axes.set_title(name, fontsize=8, loc="left")
    return figure
