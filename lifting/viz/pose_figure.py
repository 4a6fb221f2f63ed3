"""Figure of one pose: its keypoints, and the pose from several sides."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float, UInt8
from matplotlib.axes import Axes
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
    show_square,
)
from lifting.viz.occlusion import draw_completed_pose
from lifting.viz.stick_figure import stick_figure

# Elevation and azimuth of the eye, degrees; the camera looks along +y.
VIEWS = {
    "from the camera": (5, -90),
    "half turned": (15, -45),
    "from the side": (5, 0),
    "from above": (90, -90),
}
# Of the pose projected back, seen on dark and on bright pictures.
REPROJECTED_COLOUR = "#cc3399"
# Fraction of the extent of the keypoints that is shown around them.
_MARGIN = 0.15
# Inches; people are higher than wide.
_WIDTH, _HEIGHT = 2.1, 3.3


def pose_figure(
    keypoints: Float[ndarray, "K 2"],
    pose: Float[ndarray, "J 3"],
    keypoint_joints: Skeleton,
    pose_joints: Skeleton,
    truth: Float[ndarray, "J 3"] | None = None,
    known: Bool[ndarray, " J"] | None = None,
    picture: UInt8[ndarray, "H W 3"] | None = None,
    reprojected: Float[ndarray, "J 2"] | None = None,
    title: str = "",
) -> Figure:
    """Draw one 2D pose, on its picture where there is one, and its 3D pose from four sides.

    Joints that are not known are hollow and their bones dashed; what is NaN is left out. Keypoints,
    and the pose reprojected onto them, are pixels; the pose is root-relative millimetres in the
    camera frame, and the true one is grey. The picture is RGB.
    """
    columns = 1 + len(VIEWS)
    figure = plt.figure(figsize=(_WIDTH * columns, _HEIGHT), layout="constrained")
    figure.suptitle(title, fontsize=10)
    flat = figure.add_subplot(1, columns, 1)
    flat.set_title("keypoints", fontsize=9)
    _draw_flat(flat, keypoints, keypoint_joints, picture, reprojected, pose_joints)
    unknown = ~np.isfinite(pose).all(-1)
    seen = np.ones(len(pose), bool) if known is None else known
    status = np.where(seen, Status.LIFTED, Status.COMPLETED)
    status = np.where(unknown, Status.UNKNOWN, status)
    for column, (name, (elevation, azimuth)) in enumerate(VIEWS.items(), 2):
        axes = figure.add_subplot(1, columns, column, projection="3d")
        assert isinstance(axes, Axes3D)
        axes.set_title(name, fontsize=9)
        axes.view_init(elev=elevation, azim=azimuth)
        if truth is not None:
            draw_pose(axes, truth, pose_joints, truth=True)
        draw_completed_pose(axes, pose, status, pose_joints)
        if truth is not None:
            frame_pose(axes, np.concatenate([pose, truth]))
    _legend(figure, truth is not None, reprojected is not None, not seen[~unknown].all())
    return figure


def _draw_flat(
    axes: Axes,
    keypoints: Float[ndarray, "K 2"],
    joints: Skeleton,
    picture: UInt8[ndarray, "H W 3"] | None,
    reprojected: Float[ndarray, "J 2"] | None,
    pose_joints: Skeleton,
) -> None:
    seen = np.isfinite(keypoints).all(-1)
    draw_keypoints(axes, keypoints, joints, visible=seen)
    axes.plot(*keypoints[seen].T, "o", color="black", markersize=2.5)
    shown = [keypoints[seen]]
    if reprojected is not None:
        for ends in stick_figure(pose_joints).segments(reprojected):
            axes.plot(*ends.T, "--", color=REPROJECTED_COLOUR, linewidth=1.2)
        shown.append(reprojected[np.isfinite(reprojected).all(-1)])
    points = np.concatenate(shown)
    if not len(points):
        return
    if picture is not None:
        height, width = picture.shape[:2]
        # Pixels count from the left edge of the first one.
        drawn = axes.imshow(picture, extent=(0, width, height, 0), zorder=0)
        drawn.set_clip_path(axes.patch)
    show_square(axes, points, _MARGIN)


def _legend(figure: Figure, truth: bool, reprojected: bool, completed: bool) -> None:
    entries = [
        Line2D([], [], color=SIDE_COLOURS[side], linewidth=2.5, label=side)
        for side in ("left", "right")
    ]
    if completed:
        dashed: dict[str, Any] = {"linestyle": "--", "marker": "o", "markerfacecolor": "white"}
        colour = SIDE_COLOURS["middle"]
        entries.append(Line2D([], [], color=colour, label="not seen, completed", **dashed))
    if truth:
        entries.append(Line2D([], [], color=TRUTH_COLOUR, linewidth=1.5, label="truth"))
    if reprojected:
        style: dict[str, Any] = {"color": REPROJECTED_COLOUR, "linestyle": "--"}
        entries.append(Line2D([], [], label="pose, projected back", **style))
    figure.legend(
        handles=entries, loc="outside lower center", ncols=len(entries), fontsize=8, frameon=False
    )
