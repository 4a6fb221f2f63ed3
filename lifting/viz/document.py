"""HTML page that needs no network and no other file, and its parts: paragraphs, tables, media."""

import base64
import html
import math
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from lifting.errors import InputError
from lifting.files import beside
from lifting.viz.player import resource
from lifting.viz.themed import themed_drawing

Rows = Sequence[Mapping[str, object]]

# Characters after which a long name may go on in another line.
_BREAKS = re.compile(r"(?<=[^\W_]{3})([_/.])(?=[^\W\d])")
_ARROW = re.compile(" ([↑↓])")
_MARKED = ' class="marked"'
_NONE = "–"
# Least value of what counts as white: compressed pixels differ a little.
_WHITE = 245
# A page may run what is in it, and fetch nothing but videos of its folder, if it has any.
_POLICY = (
    "default-src 'none'; img-src data:; media-src data:{media}; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'"
)
_OF_FOLDER = " 'self' file:"


def write_document(
    path: Path, title: str, parts: Sequence[str], plays_videos_beside: bool = False
) -> None:
    """Write a page with a heading and, below it, parts in HTML.

    It stands alone, or plays videos that lie beside it.

    Raises:
        InputError: If the page cannot be written.
    """
    policy = _POLICY.format(media=_OF_FOLDER if plays_videos_beside else "")
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{html.escape(title)}</title><style>{resource('page.css')}</style></head><body>"
    )
    body = f"<h1>{html.escape(title)}</h1>{''.join(parts)}"
    with beside(path) as partial:
        partial.write_text(f"{head}{body}</body></html>\n", encoding="utf-8")


def paragraph(text: str) -> str:
    """Return a paragraph of plain text."""
    return f"<p>{html.escape(text)}</p>"


def table(
    rows: Rows,
    name: str,
    marked: Collection[tuple[int, str]] = (),
    words: bool = False,
    terms: Mapping[str, str] | None = None,
) -> str:
    """Return a table, which scrolls by itself where it is wider than the page, and shows that it does.

    Columns without any value are left out. Averages are set apart, and so are the cells that are
    ``marked`` by row and column.

    Args:
        rows: The rows, all of the same columns.
        name: Name of the table, for screen readers.
        marked: Cells by number of the row and column.
        words: Let the cells run over several lines.
        terms: What columns mean, shown at their heads, and below the table where nothing can hover.
    """
    first, *others = rows[0]
    columns = [first, *(c for c in others if any(_text(row[c]) not in ("", _NONE) for row in rows))]
    explained = {c: text for c, text in (terms or {}).items() if text and c in columns}
    head = "".join(f'<th scope="col">{_term(c, explained)}</th>' for c in columns)
    lines = []
    for index, row in enumerate(rows):
        kind = ' class="average"' if str(row[columns[0]]).endswith("average") else ""
        cells = [
            f"<td{_MARKED if (index, c) in marked else ''}>{_name(_text(row[c]))}</td>"
            for c in columns
        ]
        lines.append(f"<tr{kind}>{''.join(cells)}</tr>")
    kind = ' class="words"' if words else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{html.escape(name)}">'
        f"<table{kind}><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
        f"{_glossary(explained)}"
    )


def _term(column: str, explained: Mapping[str, str]) -> str:
    """Return the head of a column, with its explanation where there is one."""
    if column not in explained:
        return _name(column)
    return f'<abbr title="{html.escape(explained[column])}">{_name(column)}</abbr>'


def _glossary(explained: Mapping[str, str]) -> str:
    if not explained:
        return ""
    items = "".join(
        f"<dt>{_name(c)}</dt><dd>{html.escape(text)}</dd>" for c, text in explained.items()
    )
    return f'<details class="terms"><summary>What is measured</summary><dl>{items}</dl></details>'


def _name(text: str) -> str:
    """Return text that may go on in another line within a name, but not between a unit and its arrow."""
    return _ARROW.sub(r"&nbsp;\1", _BREAKS.sub(r"\1<wbr>", html.escape(text)))


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if math.isfinite(value) else _NONE
    return _NONE if value is None else str(value)


def medium(caption: str, file: Path | Figure) -> str:
    """Return a picture (PNG), a video (MP4) or a figure with its caption.

    A figure has the colours of the page. What is drawn on white is turned dark where the page is.

    Raises:
        InputError: If it is missing or of another kind.
    """
    text = html.escape(caption)
    if isinstance(file, Figure):
        drawing = themed_drawing(file, caption)
        return f'<figure class="media">{drawing}<figcaption>{text}</figcaption></figure>'
    kind = file.suffix.lower()
    if kind not in (".png", ".mp4"):
        raise InputError("neither a PNG nor an MP4", file, "a page takes in no other files.")
    try:
        data = base64.b64encode(file.read_bytes()).decode()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file, "write it first.") from error
    drawn = ' class="drawn"' if _is_on_white(file) else ""
    if kind == ".png":
        body = f'<img{drawn} alt="{text}" src="data:image/png;base64,{data}">'
    else:
        body = (
            f'<video{drawn} controls loop muted playsinline preload="auto" aria-label="{text}" '
            f'src="data:video/mp4;base64,{data}"></video>'
        )
    return f'<figure class="media">{body}<figcaption>{text}</figcaption></figure>'


def _is_on_white(file: Path) -> bool:
    """Return whether a picture, or a video at its beginning, has four white corners."""
    try:
        if file.suffix.lower() == ".png":
            with Image.open(file) as picture:
                pixels = np.asarray(picture.convert("RGB"))
        else:
            pixels = _first_frame(file)
    except (OSError, ValueError, StopIteration):
        # Its reader will say what is wrong with it.
        return False
    return bool(pixels[[0, 0, -1, -1], [0, -1, 0, -1]].min() > _WHITE)


def _first_frame(file: Path) -> NDArray[np.uint8]:
    import av  # training writes pages too, and must do without where it cannot be installed

    try:
        with av.open(str(file), metadata_errors="replace") as container:
            frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
            return np.asarray(frame, np.uint8)
    except av.FFmpegError as error:
        raise OSError(str(error)) from error
