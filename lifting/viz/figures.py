"""Poses as matplotlib figures."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Line3DCollection
from numpy import ndarray

from lifting.files import beside
from lifting.skeletons import Skeleton
from lifting.viz.stick_figure import stick_figure

# Colour-blind safe, the same everywhere: left, right and middle of the body, and the truth.
SIDE_COLOURS = {"left": "#0072b2", "right": "#d55e00", "middle": "#555555"}
TRUTH_COLOUR = "#aaaaaa"
# Of what is compared, such as methods: none is taken for a side of the body, colour-blind or not.
METHOD_COLOURS = ("#24876b", "#4d10a6", "#1c1c1e", "#574a00")


def save_figure(
    figure: Figure, path: Path, dpi: int = 110, bbox: str | None = None, make_folder: bool = False
) -> None:
    """Write a figure as a PNG and close it."""
    with beside(path, make_folder) as partial:
        figure.savefig(partial, dpi=dpi, format="png", bbox_inches=bbox)
    plt.close(figure)


def upright(pose: Float[ndarray, "*batch J 3"]) -> Float[ndarray, "*batch J 3"]:
    """Turn camera x, y (down), z (forward) into right, forward, up, for display only."""
    return pose[..., [0, 2, 1]] * [1, 1, -1]


def draw_keypoints(
    axes: Axes,
    keypoints: Float[ndarray, "K 2"],
    joints: Skeleton,
    truth: bool = False,
    visible: Bool[ndarray, " K"] | None = None,
) -> None:
    """Draw 2D keypoints in any unit, y downwards; those that are not visible are left out.

    The truth is thick and grey, for others drawn on top to be compared with.
    """
    figure = stick_figure(joints)
    shown = np.ones(len(joints), bool) if visible is None else visible
    whole = figure.whole(shown)
    colours = np.array(_colours(figure.sides, truth))
    lines = LineCollection(
        list(figure.segments(keypoints)[whole]),
        colors=colours[whole].tolist(),
        linewidths=4 if truth else 2,
        capstyle="projecting",
    )
    axes.add_collection(lines)
    axes.autoscale_view()
    axes.set_aspect("equal", adjustable="datalim")
    axes.yaxis.set_inverted(True)
    axes.set_axis_off()


def show_square(axes: Axes, points: Float[ndarray, "N 2"], margin: float) -> None:
    """Let axes show a square around points, y downwards, and a margin of a fraction of its side."""
    low, high = points.min(0), points.max(0)
    half = (0.5 + margin) * max(*(high - low), 1.0)
    x, y = (low + high) / 2
    axes.set_aspect("equal", adjustable="box")
    axes.set(xlim=(x - half, x + half), ylim=(y + half, y - half))


def _colours(sides: Sequence[str], truth: bool) -> list[str]:
    return [TRUTH_COLOUR if truth else SIDE_COLOURS[side] for side in sides]


def draw_pose(
    axes: Axes3D, pose: Float[ndarray, "J 3"], joints: Skeleton, truth: bool = False
) -> None:
    """Draw a camera-frame pose in 3D axes, upright: the camera looks along +y.

    The pose is root-relative millimetres. The truth is thin and grey, as what a prediction is held
    against.
    """
    figure = stick_figure(joints)
    lines = Line3DCollection(
        list(figure.segments(upright(pose))),
        colors=_colours(figure.sides, truth),
        linewidths=1.5 if truth else 2.5,
        capstyle="projecting",
    )
    # What is drawn last lies on top.
    axes.computed_zorder = False
    axes.add_collection(lines, autolim=False)
    frame_pose(axes, pose)


def frame_pose(axes: Axes3D, pose: Float[ndarray, "J 3"]) -> None:
    """Let 3D axes show the cube around the known joints of a camera-frame pose, and nothing else."""
    axes.set_box_aspect((1, 1, 1), zoom=1.5)
    axes.set_axis_off()
    points = upright(pose[np.isfinite(pose).all(-1)])
    if len(points):
        low, high = points.min(0), points.max(0)
        centre, reach = (low + high) / 2, (high - low).max() / 2
        for axis, middle in zip("xyz", centre, strict=True):
            getattr(axes, f"set_{axis}lim")(middle - reach, middle + reach)


def prediction_figure(
    keypoints: Float[ndarray, "N K 2"],
    predicted: Float[ndarray, "N J 3"],
    truth: Float[ndarray, "N J 3"] | None,
    keypoint_joints: Skeleton,
    pose_joints: Skeleton,
    titles: Sequence[str],
) -> Figure:
    """Draw samples side by side: the 2D input, and the 3D prediction from front and side.

    Keypoints are pixels, poses root-relative millimetres; true ones are grey beside the prediction.
    Every sample has a title.
    """
    count = len(keypoints)
    figure = plt.figure(figsize=(1.8 * count, 5.6), layout="constrained")
    for i in range(count):
        flat = figure.add_subplot(3, count, i + 1)
        flat.set_title(titles[i], fontsize=8, y=1.0)
        draw_keypoints(flat, keypoints[i], keypoint_joints)
        for row, azimuth in ((1, -90), (2, -20)):
            axes = figure.add_subplot(3, count, row * count + i + 1, projection="3d")
            assert isinstance(axes, Axes3D)
            axes.view_init(elev=8, azim=azimuth)
            # Else a place is searched for between ticks that are not shown: half of the time to save.
            axes.set_title("", y=1.0)
            if truth is not None:
                draw_pose(axes, truth[i], pose_joints, truth=True)
            draw_pose(axes, predicted[i], pose_joints)
            if truth is not None:
                # A poor prediction may be much smaller than the person.
                frame_pose(axes, np.concatenate([predicted[i], truth[i]]))
    return figure
