"""Figures as drawings inside of a page, in the colours of the page, which has light and dark ones."""

import html
import io
import re

import matplotlib as mpl
from matplotlib.figure import Figure

from lifting.viz.figures import SIDE_COLOURS, TRUTH_COLOUR

# Of what is drawn; text is black where nothing else is said, which the page changes.
_COLOURS = {
    **{colour: f"var(--{side})" for side, colour in SIDE_COLOURS.items()},
    TRUTH_COLOUR: "var(--truth)",
    "#000000": "currentColor",
    "#ffffff": "var(--card)",
}
# Nothing in a page refers to these names, which every drawing has.
_NAMES = re.compile(
    r' id="(?:figure|axes|patch|line2d|text|xtick|ytick|legend|LineCollection|Line3DCollection'
    r'|PathCollection|matplotlib\.axis|pane3d|grid3d|axis3d)_\d+"'
)
_COLOUR = re.compile("|".join(_COLOURS))


def themed_drawing(figure: Figure, label: str) -> str:
    """Return a figure of poses as a drawing inside of a page, sharp at any size, on its background.

    Left, right, truth and text have the colours of the page. The label is for screen readers.
    """
    content = io.StringIO()
    # Text stays text; names inside of the drawing are the same at each writing.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": label}):
        figure.savefig(
            content, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    text = content.getvalue()
    drawing = _NAMES.sub("", text[text.index("<svg") :])
    drawing = _COLOUR.sub(lambda found: _COLOURS[found[0]], drawing)
    return drawing.replace("<svg", f'<svg role="img" aria-label="{html.escape(label)}"', 1)
