"""Figure of completed occluded poses."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d import Axes3D
from numpy import ndarray

from lifting.skeletons import Skeleton
from lifting.skeletons.occlusion import Status
from lifting.viz.figures import (
    SIDE_COLOURS,
    TRUTH_COLOUR,
    draw_keypoints,
    draw_pose,
    frame_pose,
    upright,
)
from lifting.viz.stick_figure import stick_figure

_SOLID: dict[str, Any] = {"linestyle": "-", "linewidth": 2.5}
_DASHED: dict[str, Any] = {"linestyle": (0, (2, 1.2)), "linewidth": 1.8}
_MARKER: dict[str, Any] = {"marker": "o", "markersize": 3.5, "markeredgewidth": 1.0}
_HOLLOW = _MARKER | {"markerfacecolor": "white"}


def occlusion_figure(
    keypoints: Float[ndarray, "N K 2"],
    visible: Bool[ndarray, "N K"],
    predicted: Float[ndarray, "N J 3"],
    status: Int[ndarray, "N J"],
    truth: Float[ndarray, "N J 3"] | None,
    keypoint_joints: Skeleton,
    pose_joints: Skeleton,
    titles: Sequence[str],
) -> Figure:
    """Draw samples side by side: the keypoints that are seen, and the pose from front and side.

    A bone of which an end is completed is dashed. Joints that are not seen are hollow, and those of
    unknown position are left out. Keypoints are pixels, poses root-relative millimetres, true ones
    grey; the status of a joint is a :class:`lifting.skeletons.occlusion.Status`. Titles name what
    was completed.
    """
    count = len(keypoints)
    figure = plt.figure(figsize=(max(1.9 * count, 6.0), 6.2), layout="constrained")
    for i in range(count):
        flat = figure.add_subplot(3, count, i + 1)
        flat.set_title(titles[i], fontsize=8)
        draw_keypoints(flat, keypoints[i], keypoint_joints, visible=visible[i])
        x, y = keypoints[i, visible[i]].T
        flat.scatter(x, y, s=6, color="black", zorder=3)
        for row, azimuth in ((1, -90), (2, -20)):
            axes = figure.add_subplot(3, count, row * count + i + 1, projection="3d")
            assert isinstance(axes, Axes3D)
            axes.view_init(elev=8, azim=azimuth)
            if truth is not None:
                draw_pose(axes, truth[i], pose_joints, truth=True)
            draw_completed_pose(axes, predicted[i], status[i], pose_joints)
    _legend(figure, truth is not None, bool((status == Status.DEPTH_COMPLETED).any()))
    return figure


def draw_completed_pose(
    axes: Axes3D, pose: Float[ndarray, "J 3"], status: Int[ndarray, " J"], joints: Skeleton
) -> None:
    """Draw a camera-frame pose in millimetres in 3D axes, lifted and completed joints told apart."""
    points = upright(pose)
    known = status != Status.UNKNOWN
    figure = stick_figure(joints)
    drawn, lifted = figure.whole(known), figure.whole(status == Status.LIFTED)
    segments = figure.segments(points)
    for line in np.flatnonzero(drawn).tolist():
        style = _SOLID if lifted[line] else _DASHED
        axes.plot(*segments[line].T, color=SIDE_COLOURS[figure.sides[line]], **style)
    for joint in known.nonzero()[0].tolist():
        style = _HOLLOW if status[joint] == Status.COMPLETED else _MARKER
        colour = SIDE_COLOURS[joints.side(joint)]
        axes.plot(*points[[joint]].T, color=colour, linestyle="none", **style)
    frame_pose(axes, pose[known])


def _legend(figure: Figure, truth: bool, depths: bool) -> None:
    dark = SIDE_COLOURS["middle"]
    entries = [
        Line2D([], [], color=dark, label="seen: lifted", **_SOLID, **_MARKER),
        Line2D([], [], color=dark, label="not seen: completed", **_DASHED, **_HOLLOW),
    ]
    if depths:
        label = "seen: depth completed"
        entries.append(Line2D([], [], color=dark, label=label, **_DASHED, **_MARKER))
    if truth:
        entries.append(Line2D([], [], color=TRUTH_COLOUR, linewidth=1.5, label="truth"))
    figure.legend(
        handles=entries, loc="outside lower center", ncols=len(entries), fontsize=8, frameon=False
    )
