"""Poses as plotly figures, to turn with the mouse."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Bool, Float
from numpy import ndarray

from lifting.skeletons import Skeleton
from lifting.viz.figures import SIDE_COLOURS, TRUTH_COLOUR, upright

# Joints that were completed instead of lifted, in the colour of none of the sides.
COMPLETED_COLOUR = "#cc3399"
# Millimetres from the middle of the scene to each of its walls.
REACH = 1000


@dataclass(frozen=True)
class Sample:
    """One lifted pose; joints that are NaN are left out.

    Attributes:
        title: What it shows.
        keypoints: Input pixels ``(K, 2)``.
        predicted: Root-relative camera-frame millimetres ``(J, 3)``.
        truth: The same of the truth, if there is one.
        completed: Which joints of the prediction were completed because their keypoints were not
            seen, ``(J,)``; they are dashed and of one colour.
    """

    title: str
    keypoints: ndarray
    predicted: ndarray
    truth: ndarray | None = None
    completed: Bool[ndarray, " J"] | None = None


def sample_figure(
    sample: Sample, keypoint_joints: Skeleton, pose_joints: Skeleton, height: int = 280
) -> go.Figure:
    """Return a figure of the 2D input, and of prediction and truth in a scene to turn."""
    figure = go.Figure(sample_traces(sample, keypoint_joints, pose_joints))
    set_layout(figure, sample.predicted if sample.truth is None else sample.truth, height)
    return figure


def sample_traces(
    sample: Sample, keypoint_joints: Skeleton, pose_joints: Skeleton
) -> list[go.Scatter | go.Scatter3d]:
    """Return the lines of a sample: as many for every sample, in the same order.

    So they can stand for one another in an animation.
    """
    traces: list[go.Scatter | go.Scatter3d] = []
    for side, colour in SIDE_COLOURS.items():
        x, y = _polyline(sample.keypoints, _bones(keypoint_joints, side)).T
        line = {"color": colour, "width": 3}
        traces.append(go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip"))
    if sample.truth is not None:
        bones = np.array(pose_joints.bones)
        traces.append(_line(sample.truth, bones, {"color": TRUTH_COLOUR, "width": 4}))
    completed = np.zeros(len(pose_joints), bool) if sample.completed is None else sample.completed
    for side, colour in SIDE_COLOURS.items():
        bones = _bones(pose_joints, side)
        lifted = bones[~completed[bones].any(1)]
        traces.append(_line(sample.predicted, lifted, {"color": colour, "width": 7}))
    if sample.completed is not None:
        bones = np.array(pose_joints.bones)
        dashed = {"color": COMPLETED_COLOUR, "width": 7, "dash": "dash"}
        traces.append(_line(sample.predicted, bones[completed[bones].any(1)], dashed))
    return traces


def set_layout(figure: go.Figure, pose: Float[ndarray, "*poses J 3"], height: int) -> None:
    """Place the 2D input at the left and the scene at the right of a figure.

    Args:
        figure: The figure.
        pose: What the scene is centred on; every scene has the same size.
        height: Pixels.
    """
    hidden = {"visible": False}
    joints = upright(pose).reshape(-1, 3)
    joints = joints[np.isfinite(joints).all(-1)]
    middle = joints.mean(0) if len(joints) else np.zeros(3)
    cube = [{**hidden, "range": [m - REACH, m + REACH]} for m in middle.tolist()]
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 10, "b": 0},
        showlegend=False,
        plot_bgcolor="white",
        xaxis={**hidden, "domain": [0.02, 0.38]},
        yaxis={**hidden, "autorange": "reversed", "scaleanchor": "x"},
        scene={
            "domain": {"x": [0.38, 1.0], "y": [0.0, 1.0]},
            "aspectmode": "cube",
            **dict(zip(("xaxis", "yaxis", "zaxis"), cube, strict=True)),
            "camera": {"eye": {"x": 0.7, "y": -1.1, "z": 0.3}},
        },
    )


def _bones(joints: Skeleton, side: str) -> ndarray:
    bones = [bone for bone in joints.bones if joints.side(bone[1]) == side]
    return np.array(bones, dtype=int).reshape(-1, 2)


def _line(pose: ndarray, bones: ndarray, line: Mapping[str, object]) -> go.Scatter3d:
    x, y, z = _polyline(upright(pose), bones).T
    return go.Scatter3d(x=x, y=y, z=z, mode="lines", line=line, hoverinfo="skip")


def _polyline(points: ndarray, bones: ndarray) -> ndarray:
    """Return bones as one line with gaps."""
    ends = points[bones]
    gaps = np.full((len(bones), 1, points.shape[-1]), np.nan)
    line = np.concatenate([ends, gaps], axis=1).reshape(-1, points.shape[-1])
    # An empty line would keep the one before it in an animation.
    return (line if len(line) else np.full((1, points.shape[-1]), np.nan)).astype(np.float32)
