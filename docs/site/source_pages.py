"""Places on the site for files of the repository that pages link to and that are no pages.

Text becomes a highlighted page, a folder a list of its files, and what a browser shows by itself is
copied. So the same links work where the Markdown is read in the repository.
"""

import html
import posixpath
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound

# The folder of the site that all of them are in.
FOLDER = "source"
# Copied as they are: a browser shows them.
SHOWN = {".html", ".mp4", ".gif", ".png", ".svg", ".jpg"}


def linked(root: Path, page: str, link: str) -> str | None:
    """Return the path, from the root of the repository, of the file or folder a link leads to.

    None where there is nothing, or another page: the builder of the site knows what to do then.

    Args:
        root: Folder of the repository.
        page: Path of the page in it.
        link: As it stands in the page, relative to it.
    """
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), link.partition("#")[0]))
    outside = path.startswith("..") or "://" in link
    return None if outside or path.endswith(".md") or not (root / path).exists() else path


def address(path: str) -> str:
    """Return where a file or folder of the repository lies on the site, from the site's root."""
    return f"{FOLDER}/{path}" if Path(path).suffix in SHOWN else f"{FOLDER}/{path}.html"


def with_content(root: Path, path: str) -> list[str]:
    """Return a path and, of a folder, the files in it, which its page links."""
    files = (root / path).iterdir() if (root / path).is_dir() else ()
    return [path, *sorted(f"{path}/{f.name}" for f in files if f.is_file())]


def body(root: Path, path: str) -> str:
    """Return the HTML of the page about a file of text or a folder."""
    head = f"<h1>{html.escape(path)}</h1>\n"
    if (root / path).is_dir():
        here = posixpath.dirname(address(path))
        files = with_content(root, path)[1:]
        links = [f'<a href="{posixpath.relpath(address(f), here)}">{f}</a>' for f in files]
        return head + "<ul>\n" + "".join(f"<li>{link}</li>\n" for link in links) + "</ul>\n"
    try:
        lexer = get_lexer_for_filename(path)
    except ClassNotFound:
        lexer = TextLexer()
    return head + highlight((root / path).read_text(encoding="utf-8"), lexer, HtmlFormatter())
