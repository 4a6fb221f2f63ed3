"""Predictions and truth as an HTML page with a slider over frames."""

import html
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from lifting.files import beside
from lifting.skeletons import Skeleton
from lifting.viz.plotly_poses import COMPLETED_COLOUR, Sample, sample_traces, set_layout

HEIGHT = 640
_CLEAR = "rgba(0, 0, 0, 0)"


def write_viewer(
    path: Path,
    title: str,
    samples: Sequence[Sample],
    keypoint_joints: Skeleton,
    pose_joints: Skeleton,
    fps: float = 25.0,
) -> None:
    """Write a page with poses to turn with the mouse, and to play; it needs no other file.

    Args:
        path: Where to.
        title: Heading.
        samples: The frames; all with truth or all without, and likewise completed joints. The title
            of each is shown with it.
        keypoint_joints: Joint set of the samples' keypoints.
        pose_joints: Joint set of their poses.
        fps: Frames per second where they are played.

    Raises:
        InputError: If the page cannot be written.
    """
    frames = [
        go.Frame(data=sample_traces(sample, keypoint_joints, pose_joints), name=str(index))
        for index, sample in enumerate(samples)
    ]
    figure = go.Figure(data=frames[0].data, frames=frames if len(frames) > 1 else [])
    shown = [s.predicted if s.truth is None else s.truth for s in samples]
    set_layout(figure, np.stack(shown), HEIGHT)
    points = np.stack([sample.keypoints for sample in samples])
    (left, top), (right, bottom) = np.nanmin(points, (0, 1)), np.nanmax(points, (0, 1))
    margin = 0.08 * float(bottom - top)
    heading = title if len(samples) > 1 else f"{title}, {samples[0].title}"
    legend = "prediction in colour, truth in grey; drag to turn"
    if any(sample.completed is not None for sample in samples):
        legend += f'; <span style="color: {COMPLETED_COLOUR}">dashed</span>: not seen, completed'
    figure.update_layout(
        title={"text": f"{html.escape(heading)}<br><sub>{legend}</sub>", "x": 0.02},
        margin={"t": 70, "b": 20, "l": 0, "r": 0},
        xaxis_range=[left - margin, right + margin],
        yaxis={"autorange": False, "range": [bottom + margin, top - margin]},
        # The view stays as the reader has turned it.
        scene_uirevision="turned",
    )
    if len(samples) > 1:
        _add_player(figure, [sample.title for sample in samples], fps)
    page = figure.to_html(include_plotlyjs=True, auto_play=False, config={"displaylogo": False})
    with beside(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _add_player(figure: go.Figure, labels: Sequence[str], fps: float) -> None:
    def animation(milliseconds: float, mode: str) -> dict[str, object]:
        # Without a redraw lines in 3D stay as they are.
        frame = {"duration": milliseconds, "redraw": True}
        return {"frame": frame, "mode": mode, "transition": {"duration": 0}, "fromcurrent": True}

    steps = [
        {
            "args": [[str(i)], animation(0.0, "immediate")],
            "label": html.escape(s),
            "method": "animate",
        }
        for i, s in enumerate(labels)
    ]
    play = {"args": [None, animation(1000 / fps, "immediate")], "label": "Play"}
    pause = {"args": [[None], animation(0.0, "immediate")], "label": "Pause"}
    figure.update_layout(
        sliders=[
            {
                "steps": steps,
                "x": 0.14,
                "len": 0.84,
                "y": 0,
                "ticklen": 0,
                "minorticklen": 0,
                # The label of the frame that is shown stands above; those below would overlap.
                "font": {"color": _CLEAR},
                "currentvalue": {"font": {"color": "#222222"}},
            }
        ],
        updatemenus=[
            {
                "type": "buttons",
                "direction": "left",
                "buttons": [{**button, "method": "animate"} for button in (play, pause)],
                "showactive": False,
                "x": 0.02,
                "xanchor": "left",
                "y": 0,
                "yanchor": "top",
                "pad": {"t": 30},
            }
        ],
        margin_b=90,
    )
