"""HTML page that needs no network and no other file, and its parts: paragraphs, tables, media."""

import base64
import html
import math
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from lifting.errors import InputError
from lifting.files import beside
from lifting.viz.player import resource

Rows = Sequence[Mapping[str, object]]

# Characters after which a long name may go on in another line.
_BREAKS = re.compile(r"(?<=[^\W_]{3})([_/.])(?=[^\W\d])")
_MARKED = ' class="marked"'
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
    rows: Rows, name: str, marked: Collection[tuple[int, str]] = (), words: bool = False
) -> str:
    """Return a table, which scrolls by itself where it is wider than the page.

    Its name is for screen readers. Averages are set apart, and so are the cells that are ``marked``
    by row and column; ``words`` run over several lines.
    """
    columns = list(rows[0])
    head = "".join(f'<th scope="col">{_name(c)}</th>' for c in columns)
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
    )


def _name(text: str) -> str:
    """Return text that may go on in another line within a name."""
    return _BREAKS.sub(r"\1<wbr>", html.escape(text))


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if math.isfinite(value) else "–"
    return str(value)


def medium(caption: str, file: Path) -> str:
    """Return a picture (PNG) or a video (MP4) with its caption.

    Raises:
        InputError: If it is missing or of another kind.
    """
    kind = file.suffix.lower()
    if kind not in (".png", ".mp4"):
        raise InputError("neither a PNG nor an MP4", file, "a page takes in no other files.")
    try:
        data = base64.b64encode(file.read_bytes()).decode()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", file, "write it first.") from error
    text = html.escape(caption)
    if kind == ".png":
        body = f'<img alt="{text}" src="data:image/png;base64,{data}">'
    else:
        body = (
            f'<video controls loop muted playsinline preload="auto" aria-label="{text}" '
            f'src="data:video/mp4;base64,{data}"></video>'
        )
    return f'<figure class="media">{body}<figcaption>{text}</figcaption></figure>'
