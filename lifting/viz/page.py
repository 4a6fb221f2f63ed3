"""A run as one self-contained HTML page: curves, table, and poses to turn with the mouse."""

import base64
import csv
import html
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import plotly.graph_objects as go

from lifting.errors import InputError
from lifting.files import beside
from lifting.skeletons import Skeleton
from lifting.viz.plotly_poses import COMPLETED_COLOUR, Sample, sample_figure

Rows = Sequence[Mapping[str, object]]

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
figure img, figure video { display: block; max-width: 100%; margin: 0 auto; }
h2 ~ figure { margin-bottom: 1rem; }
figcaption { padding: .4rem .8rem; font-size: .9rem; }
"""


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
    tables: Mapping[str, Rows],
    samples: Sequence[Sample],
    keypoint_joints: Skeleton,
    pose_joints: Skeleton,
    media: Sequence[tuple[str, Path]] = (),
) -> None:
    """Write the page of a run; it needs no network and no other file.

    Args:
        path: Where to.
        title: Heading.
        intro: A paragraph under the heading.
        folder: Folder of the run, for its curves.
        tables: By heading, the tables of tests: one mapping of column to value per row.
        samples: Lifted poses to show.
        keypoint_joints: Joint set of the samples' keypoints.
        pose_joints: Joint set of their poses.
        media: Captions and files of pictures (PNG) and videos (MP4) to take into the page.

    Raises:
        InputError: If a file of ``media`` is missing or of another kind, or the page cannot be
            written.
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
    ]
    for heading, rows in tables.items():
        parts.append(f'<h2>{html.escape(heading)}</h2><div class="scroll">{_table(rows)}</div>')
    if samples:
        text = "Input on the left; on the right the prediction in colour and the truth in grey. "
        if any(sample.completed is not None for sample in samples):
            text += (
                f'<span style="color: {COMPLETED_COLOUR}">Dashed</span> is what was completed '
                "because its keypoints were not seen. "
            )
        parts += ["<h2>From 2D to 3D</h2>", f"<p>{text}Drag to turn.</p>", '<div class="samples">']
        for sample in samples:
            figure = sample_figure(sample, keypoint_joints, pose_joints)
            parts.append(_figure(figure, caption=sample.title))
        parts.append("</div>")
    if media:
        parts.append("<h2>Pictures</h2>")
        parts += [_medium(caption, file) for caption, file in media]
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>"
    )
    with beside(path) as partial:
        partial.write_text(f"{head}{''.join(parts)}</body></html>", encoding="utf-8")


def _medium(caption: str, file: Path) -> str:
    kind = file.suffix.lower()
    if kind not in (".png", ".mp4"):
        raise InputError(f"{file}: neither a PNG nor an MP4; a page takes in no other files.")
    try:
        data = base64.b64encode(file.read_bytes()).decode()
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); write it first.") from None
    text = html.escape(caption)
    if kind == ".png":
        body = f'<img alt="{text}" src="data:image/png;base64,{data}">'
    else:
        body = f'<video autoplay loop muted playsinline src="data:video/mp4;base64,{data}"></video>'
    return f"<figure>{body}<figcaption>{text}</figcaption></figure>"


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
    shown = [name for name in names if name in curves]
    for name in shown:
        steps, values = curves[name]
        figure.add_scatter(x=steps, y=values, name=name, mode="lines+markers")
    # A loss of likelihoods may be below zero.
    if any(value <= 0 for name in shown for value in curves[name][1]):
        scale = "linear"
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


def _table(rows: Rows) -> str:
    columns = list(rows[0])
    head = "".join(f"<th>{html.escape(c)}</th>" for c in columns)
    lines = []
    for row in rows:
        kind = ' class="average"' if str(row[columns[0]]).endswith("average") else ""
        cells = "".join(f"<td>{html.escape(_text(row[c]))}</td>" for c in columns)
        lines.append(f"<tr{kind}>{cells}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if math.isfinite(value) else "–"
    return str(value)
