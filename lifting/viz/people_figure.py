"""Figure of the poses of lifted people, without their keypoints."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Bool, Float
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d import Axes3D
from numpy import ndarray

from lifting.skeletons import Skeleton
from lifting.skeletons.occlusion import Status
from lifting.viz.occlusion import draw_completed_pose

# Azimuth of the eye, degrees: from the camera, and from a side.
_VIEWS = (-90, -20)


def people_figure(
    poses: Float[ndarray, "N J 3"],
    known: Bool[ndarray, "N J"],
    joints: Skeleton,
    titles: Sequence[str],
) -> Figure:
    """Draw poses side by side, each from the camera and from a side.

    Poses are root-relative millimetres in the camera frame. What rests on no keypoint is hollow and
    dashed; what is NaN is left out.
    """
    count = len(poses)
    figure = plt.figure(figsize=(max(1.9 * count, 2.4), 4.4), layout="constrained")
    status = np.where(known, Status.LIFTED, Status.COMPLETED)
    status = np.where(np.isfinite(poses).all(-1), status, Status.UNKNOWN)
    for column, pose in enumerate(poses):
        for row, azimuth in enumerate(_VIEWS):
            axes = figure.add_subplot(2, count, row * count + column + 1, projection="3d")
            assert isinstance(axes, Axes3D)
            axes.view_init(elev=8, azim=azimuth)
            axes.set_title(titles[column] if row == 0 else "", fontsize=8, y=1.0)
            draw_completed_pose(axes, pose, status[column], joints)
    return figure
