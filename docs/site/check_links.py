"""Check of the built site: whatever its pages lead to on the site is there.

    python docs/site/check_links.py build/site

Sphinx warns of links between pages. This looks at what was written: pictures, files of the repository,
the page that leads to the first one.
"""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page leads to, and the places in it that others may lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        for name, value in attributes:
            if name in {"href", "src", "poster"} and value and tag != "base":
                self.links.add(value)
            elif name in {"id", "name"} and value:
                self.places.add(value)
            elif name == "content" and value and "url=" in value:
                self.links.add(value.partition("url=")[2])


def broken_links(site: Path) -> Iterator[str]:
    """Yield a line for each link on the pages of a site that leads nowhere on it."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            # Pages that the suite drew name their places in a script.
            drawn = "source" in target.parts or target not in pages
            if not target.is_file():
                yield f"{path.relative_to(site)}: {link} is not there"
            elif (
                not drawn and parts.fragment and unquote(parts.fragment) not in pages[target].places
            ):
                yield f"{path.relative_to(site)}: {link} names no place of that page"


if __name__ == "__main__":
    broken = list(broken_links(Path(sys.argv[1]).resolve()))
    if broken:
        sys.exit("\n".join(broken))
