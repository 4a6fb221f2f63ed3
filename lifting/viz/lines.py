"""Diagrams of curves inside of a page, in the colours of the page, which has light and dark ones."""

import html
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.figure import Figure

# Colours that stand in a figure for those of the page.
_LINES = {f"#0000a{n}": f"var(--m{n})" for n in range(4)}
_STAND_INS = {**_LINES, "#0000a4": "var(--line)", "#0000a5": "currentColor"}
_GRID, _AXES = "#0000a4", "#0000a5"
# By how often the colours have been used: in a drawing, and in a legend of the page.
_DASHES = {"-": "solid", "--": "dashed", ":": "dotted"}
# Nothing in a page refers to these names, which every drawing has.
_NAMES = re.compile(
    r' id="(?:figure|axes|patch|line2d|text|xtick|ytick|legend|matplotlib\.axis)_\d+"'
)


@dataclass(frozen=True)
class Line:
    """A line of a drawing.

    Attributes:
        name: Its name in a legend.
        x: Positions of its points.
        y: Their values.
        number: Number of its colour and dashes among those of the page, as in :func:`swatch`.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    number: int


def swatch(number: int) -> str:
    """Return a piece of a line of a page's legend."""
    style = list(_DASHES.values())[number // len(_LINES) % len(_DASHES)]
    return f'<i style="border-color:var(--m{number % len(_LINES)});border-top-style:{style}"></i>'


def line_drawing(
    lines: Sequence[Line], xlabel: str, ylabel: str, scale: str = "linear", legend: bool = False
) -> str:
    """Return lines as a drawing inside of a page; the points of short ones are marked.

    The scale upwards is ``linear`` or ``log``, but linear where there are values below zero. The
    legend names the lines.
    """
    if any(value <= 0 for line in lines for value in line.y):
        scale = "linear"
    # Text stays text; names inside of the drawing are the same at each writing.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": ylabel, "font.size": 10}):
        figure = Figure(figsize=(5, 3), layout="constrained")
        axes = figure.subplots()
        for line in lines:
            axes.plot(
                line.x,
                line.y,
                color=list(_LINES)[line.number % len(_LINES)],
                linestyle=list(_DASHES)[line.number // len(_LINES) % len(_DASHES)],
                # A dollar would begin a formula.
                label=line.name.replace("$", r"\$"),
                marker="o" if len(line.x) < 30 else "",
                markersize=3,
            )
        axes.set(xlabel=xlabel, ylabel=ylabel, yscale=scale)
        axes.grid(color=_GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.patch.set_visible(False)
        figure.patch.set_visible(False)
        axes.tick_params(which="both", colors=_AXES)
        for part in (axes.xaxis.label, axes.yaxis.label):
            part.set_color(_AXES)
        for spine in axes.spines.values():
            spine.set_color(_AXES)
        if legend:
            axes.legend(frameon=False, labelcolor=_AXES)
        content = io.StringIO()
        figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    text = content.getvalue()
    drawing = _NAMES.sub("", text[text.index("<svg") :])
    for colour, name in _STAND_INS.items():
        drawing = drawing.replace(colour, name)
    label = html.escape(f"{ylabel}: {', '.join(line.name for line in lines)}")
    return drawing.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
