"""One self-contained HTML page: poses to play and turn, tables, curves, pictures and videos."""

import base64
import csv
import html
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from lifting.errors import InputError
from lifting.files import beside
from lifting.viz.player import Clip, player, resource

Rows = Sequence[Mapping[str, object]]
Curves = Mapping[str, tuple[Sequence[float], Sequence[float]]]

# A page may run what is in it, and fetch nothing.
_POLICY = (
    "default-src 'none'; img-src data:; media-src data:; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'"
)
# Colours that stand in a figure for those of the page, which has light and dark ones.
_STAND_INS = {"#0000a0": "var(--m0)", "#0000a1": "var(--m1)", "#0000a2": "var(--line)"}
_AXES_COLOUR = "#0000a3"


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
    clips: Sequence[Clip] = (),
    intro: str = "",
    tables: Mapping[str, Rows] | None = None,
    folder: Path | None = None,
    media: Sequence[tuple[str, Path]] = (),
) -> None:
    """Write a page that needs no network and no other file.

    Args:
        path: Where to.
        title: Heading.
        clips: Poses to play and turn.
        intro: A paragraph under the heading.
        tables: By heading, one mapping of column to value per row.
        folder: Folder of a run, for its curves.
        media: Captions and files of pictures (PNG) and videos (MP4) to take into the page.

    Raises:
        InputError: If a file of ``media`` is missing or of another kind, or the page cannot be
            written.
    """
    parts = [f"<h1>{html.escape(title)}</h1>"]
    if intro:
        parts.append(f"<p>{html.escape(intro)}</p>")
    if clips:
        parts.append(player(clips))
    for heading, rows in (tables or {}).items():
        parts.append(
            f'<h2>{html.escape(heading)}</h2><div class="scroll" tabindex="0" role="region" '
            f'aria-label="{html.escape(heading)}">{_table(rows)}</div>'
        )
    if folder is not None:
        curves = read_curves(folder)
        parts += ["<h2>Training</h2>", '<div class="curves">']
        parts.append(_curve_figure(curves, ("train/loss",), "training loss", "log"))
        parts.append(
            _curve_figure(curves, ("val/mpjpe", "val/pa_mpjpe"), "validation, mm", "linear")
        )
        parts.append("</div>")
    if media:
        parts.append("<h2>Pictures</h2>")
        parts += [_medium(caption, file) for caption, file in media]
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{html.escape(title)}</title><style>{resource('page.css')}</style></head><body>"
    )
    with beside(path) as partial:
        partial.write_text(f"{head}{''.join(parts)}</body></html>\n", encoding="utf-8")


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
        body = (
            f'<video controls loop muted playsinline preload="auto" aria-label="{text}" '
            f'src="data:video/mp4;base64,{data}"></video>'
        )
    return f'<figure class="media">{body}<figcaption>{text}</figcaption></figure>'


def _curve_figure(curves: Curves, names: Sequence[str], title: str, scale: str) -> str:
    """Return curves as a drawing inside the page, in the page's colours."""
    shown = [name for name in names if name in curves]
    # A loss of likelihoods may be below zero.
    if any(value <= 0 for name in shown for value in curves[name][1]):
        scale = "linear"
    # Text stays text; names inside of the drawing are the same at each writing.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": title, "font.size": 10}):
        figure = Figure(figsize=(5, 3), layout="constrained")
        axes = figure.subplots()
        for name, colour in zip(shown, _STAND_INS, strict=False):
            steps, values = curves[name]
            mark = "o" if len(steps) < 30 else ""
            axes.plot(steps, values, color=colour, label=name, marker=mark, markersize=3)
        axes.set(xlabel="step", ylabel=title, yscale=scale)
        axes.grid(color="#0000a2", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.patch.set_visible(False)
        figure.patch.set_visible(False)
        axes.tick_params(which="both", colors=_AXES_COLOUR)
        for part in (axes.xaxis.label, axes.yaxis.label):
            part.set_color(_AXES_COLOUR)
        for spine in axes.spines.values():
            spine.set_color(_AXES_COLOUR)
        if len(shown) > 1:
            axes.legend(frameon=False, labelcolor=_AXES_COLOUR)
        content = io.StringIO()
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    text = content.getvalue()
    drawing = text[text.index("<svg") :].replace(_AXES_COLOUR, "currentColor")
    for colour, name in _STAND_INS.items():
        drawing = drawing.replace(colour, name)
    label = html.escape(", ".join(shown) or title)
    return f'<figure role="img" aria-label="{label}">{drawing}</figure>'


def _table(rows: Rows) -> str:
    columns = list(rows[0])
    head = "".join(f'<th scope="col">{html.escape(c)}</th>' for c in columns)
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
