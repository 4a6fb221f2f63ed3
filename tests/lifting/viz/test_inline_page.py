"""The frame of a page, as a browser would take it apart."""

from html.parser import HTMLParser

import pytest

from lifting.errors import InputError
from lifting.viz.inline_page import InlinePage
from lifting.viz.page import write_page


def test_frame_holds_the_whole_page_and_lets_it_reach_nothing(tmp_path):
    path = tmp_path / 'a "walk".html'
    write_page(path, 'A "walk" & more', intro="<there> it 'goes'")
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: found.append((tag, dict(attributes)))
    parser.feed(InlinePage(path, height=500)._repr_html_())
    [(tag, attributes)] = found
    assert tag == "iframe"
    assert attributes["srcdoc"] == path.read_text(encoding="utf-8")
    assert attributes["sandbox"] == "allow-scripts"
    assert attributes["title"] == 'a "walk"'
    assert "height: 500px" in attributes["style"]


def test_page_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.html: cannot be read as a page"):
        _ = InlinePage(tmp_path / "none.html").html
