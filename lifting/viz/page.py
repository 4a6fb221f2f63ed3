"""Self-contained HTML page: poses to play and turn, tables, curves, pictures and videos."""

import html
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from lifting.viz.document import Rows, medium, paragraph, table, write_document
from lifting.viz.lines import Line, line_drawing
from lifting.viz.player import Clip, player

# What is drawn of the logged values of a run.
_LOSS = {"train/loss": "training loss"}
_VALIDATION = {"val/mpjpe": "MPJPE", "val/pa_mpjpe": "PA-MPJPE"}

Curves = Mapping[str, tuple[list[float], list[float]]]


def write_page(
    path: Path,
    title: str,
    clips: Sequence[Clip] = (),
    intro: str = "",
    tables: Mapping[str, Rows] | None = None,
    curves: Curves | None = None,
    media: Sequence[tuple[str, Path | Figure]] = (),
    terms: Mapping[str, str] | None = None,
) -> None:
    """Write a page that needs no network and no other file, but for a video that a clip plays.

    It holds a heading, a paragraph, clips to play and turn, tables by heading, the logged steps and
    values of a run by name, and pictures (PNG, figures) and videos (MP4) with their captions.
    Columns of tables are explained by ``terms``.

    Raises:
        InputError: If a file of ``media`` is missing or of another kind, or the page cannot be
            written.
    """
    parts = []
    if intro:
        parts.append(paragraph(intro))
    if clips:
        parts.append(player(clips))
    for heading, rows in (tables or {}).items():
        parts += [f"<h2>{html.escape(heading)}</h2>", table(rows, heading, terms=terms)]
    if curves is not None:
        parts += ["<h2>Training</h2>", '<div class="curves">']
        parts.append(_drawing(curves, _LOSS, "training loss", "log"))
        parts.append(_drawing(curves, _VALIDATION, "validation, mm", "linear"))
        parts.append("</div>")
    if media:
        parts.append("<h2>Pictures</h2>")
        parts += [medium(caption, file) for caption, file in media]
    write_document(path, title, parts, any(clip.video is not None for clip in clips))


def _drawing(curves: Curves, names: Mapping[str, str], title: str, scale: str) -> str:
    """Return curves of a run as a figure of the page."""
    lines = [
        Line(shown, *curves[name], n)
        for n, (name, shown) in enumerate(names.items())
        if name in curves
    ]
    drawing = line_drawing(lines, "step", title, scale, legend=len(lines) > 1)
    return f"<figure>{drawing}</figure>"
