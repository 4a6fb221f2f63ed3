"""A run as one self-contained HTML page: curves, table, and poses to turn with the mouse."""

import csv
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from numpy import ndarray

from lifting.skeletons import Skeleton
from lifting.viz.figures import SIDE_COLOURS, TRUTH_COLOUR

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid #8884; }
th:first-child, td:first-child { text-align: left; }
tr.average td { font-weight: 600; }
.scroll { overflow-x: auto; }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1rem; }
figure { margin: 0; border: 1px solid #8884; border-radius: .5rem; background: #fff; color: #222; }
figcaption { padding: .4rem .8rem; font-size: .9rem; }
"""


@dataclass(frozen=True)
class Sample:
    """One lifted pose.

    Attributes:
        title: What it shows.
        keypoints: Input pixels ``(K, 2)``.
        predicted: Root-relative camera-frame millimetres ``(J, 3)``.
        truth: The same of the truth.
    """

    title: str
    keypoints: ndarray
    predicted: ndarray
    truth: ndarray


def read_curves(folder: Path) -> dict[str, tuple[list[float], list[float]]]:
    """Return the logged values of a run, by name: steps and values over all its starts."""
    curves: dict[str, tuple[list[float], list[float]]] = {}
    logs = sorted(folder.glob("logs/version_*/metrics.csv"), key=lambda p: int(p.parent.name[8:]))
    for log in logs:
        with log.open(newline="") as stream:
            for row in csv.DictReader(stream):
                for name, value in row.items():
                    if value and name not in ("step", "epoch"):
                        steps, values = curves.setdefault(name, ([], []))
                        steps.append(float(row["step"]))
                        values.append(float(value))
    return curves


def write_page(
    path: Path,
    title: str,
    intro: str,
    folder: Path,
    rows: Sequence[dict[str, object]],
    samples: Sequence[Sample],
    keypoint_joints: Skeleton,
    pose_joints: Skeleton,
) -> None:
    """Write the page of a run; it needs no network and no other file.

    Args:
        path: Where to.
        title: Heading.
        intro: A paragraph under the heading.
        folder: Folder of the run, for its curves.
        rows: The test's table, one mapping of column to value per row.
        samples: Lifted poses to show.
        keypoint_joints: Joint set of the samples' keypoints.
        pose_joints: Joint set of their poses.
    """
    curves = read_curves(folder)
    # The library goes into the page once, with the first figure.
    parts = [
        f"<h1>{html.escape(title)}</h1><p>{html.escape(intro)}</p>",
        "<h2>Training</h2>",
        '<div class="samples">',
        _figure(_curve_figure(curves, ("train/loss",), "training loss", "log"), "inline"),
        _figure(_curve_figure(curves, ("val/mpjpe", "val/pa_mpjpe"), "validation, mm", "linear")),
        "</div>",
        f'<h2>Test</h2><div class="scroll">{_table(rows)}</div>',
        "<h2>From 2D to 3D</h2>"
        "<p>Input on the left; on the right the prediction in colour and the truth in grey. "
        "Drag to turn.</p>",
        '<div class="samples">',
    ]
    for sample in samples:
        figure = _sample_figure(sample, keypoint_joints, pose_joints)
        parts.append(_figure(figure, caption=sample.title))
    parts.append("</div>")
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>"
    )
    path.write_text(f"{head}{''.join(parts)}</body></html>", encoding="utf-8")


def _figure(figure: go.Figure, library: str | bool = False, caption: str = "") -> str:
    body = figure.to_html(
        full_html=False, include_plotlyjs=library, config={"displayModeBar": False}
    )
    text = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return f"<figure>{body}{text}</figure>"


def _curve_figure(
    curves: dict[str, tuple[list[float], list[float]]], names: Sequence[str], title: str, scale: str
) -> go.Figure:
    figure = go.Figure()
    for name in names:
        if name in curves:
            steps, values = curves[name]
            figure.add_scatter(x=steps, y=values, name=name, mode="lines+markers")
    figure.update_layout(
        template="plotly_white",
        height=320,
        margin={"l": 60, "r": 20, "t": 20, "b": 50},
        xaxis_title="step",
        yaxis={"title": title, "type": scale},
        showlegend=len(figure.data) > 1,
        legend={"orientation": "h", "y": 1.12},
    )
    return figure


def _table(rows: Sequence[dict[str, object]]) -> str:
    columns = list(rows[0])
    head = "".join(f"<th>{html.escape(c)}</th>" for c in columns)
    lines = []
    for row in rows:
        kind = ' class="average"' if str(row["action"]).endswith("average") else ""
        cells = "".join(
            f"<td>{value:.1f}</td>" if isinstance(value, float) else f"<td>{value}</td>"
            for value in (row[c] for c in columns)
        )
        lines.append(f"<tr{kind}>{cells}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _sample_figure(sample: Sample, keypoint_joints: Skeleton, pose_joints: Skeleton) -> go.Figure:
    figure = go.Figure()
    for side, colour in SIDE_COLOURS.items():
        x, y = _polyline(sample.keypoints, keypoint_joints, side).T
        figure.add_scatter(x=x, y=y, mode="lines", line={"color": colour, "width": 3})
    _add_pose(figure, sample.truth, pose_joints, dict.fromkeys(SIDE_COLOURS, TRUTH_COLOUR), 4)
    _add_pose(figure, sample.predicted, pose_joints, SIDE_COLOURS, 7)
    hidden = {"visible": False}
    # A cube round the truth, so that every pose is drawn to one scale.
    middle = sample.truth.mean(0)[[0, 2, 1]] * [1, 1, -1]
    cube = [{**hidden, "range": [m - 1000, m + 1000]} for m in middle]
    figure.update_layout(
        height=280,
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
    return figure


def _add_pose(
    figure: go.Figure, pose: ndarray, joints: Skeleton, colours: dict[str, str], width: int
) -> None:
    # Camera x, y (down), z (forward) become right, forward, up.
    upright = pose[:, [0, 2, 1]] * [1, 1, -1]
    for side, colour in colours.items():
        x, y, z = _polyline(upright, joints, side).T
        figure.add_scatter3d(
            x=x, y=y, z=z, mode="lines", line={"color": colour, "width": width}, hoverinfo="skip"
        )


def _polyline(points: ndarray, joints: Skeleton, side: str) -> ndarray:
    """Return the bones of a side as one line with gaps."""
    gap = np.full((1, points.shape[-1]), np.nan)
    bones = [
        np.concatenate([points[[parent, child]], gap])
        for parent, child in joints.bones
        if joints.side(child) == side
    ]
    return np.concatenate(bones) if bones else gap
