"""Tables and media of a page: what is left out, what is explained, what turns dark."""

import re
from fractions import Fraction

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from lifting.errors import InputError
from lifting.viz.document import medium, table
from lifting.viz.player import resource
from lifting.viz.timed_video import timed_video

NAN = float("nan")


def test_columns_without_a_value_are_left_out_and_the_first_never():
    rows = [
        {"": "", "a": 1.0, "never": NAN, "blank": "", "none": None, "dash": "–", "once": NAN},
        {"": "", "a": 2.0, "never": NAN, "blank": "", "none": None, "dash": "–", "once": 0.0},
    ]
    heads = re.findall(r'<th scope="col">(.*?)</th>', table(rows, "t"))
    assert heads == ["", "a", "once"]


def test_heads_are_explained_where_a_mouse_is_and_below_where_none_is():
    rows = [{"run": "a", "PA-MPJPE, mm ↓": 3.0, "empty": NAN}]
    text = table(rows, "t", terms={"PA-MPJPE, mm ↓": "after <fit>", "empty": "x", "other": "y"})
    assert '<abbr title="after &lt;fit&gt;">PA-MPJPE, mm&nbsp;↓</abbr>' in text
    assert "<dt>PA-MPJPE, mm&nbsp;↓</dt><dd>after &lt;fit&gt;</dd>" in text
    assert text.count("<dt>") == text.count("<abbr") == 1
    assert "<details" not in table(rows, "t", terms={"PA-MPJPE, mm ↓": ""})


def test_tables_show_at_their_edges_that_they_go_on():
    """Covers that scroll along lie over shadows that stay, one pair at each edge."""
    rule = re.search(r"\.scroll \{(.*?)\}", resource("page.css"), re.S)[1]
    assert rule.count("no-repeat local") == rule.count("no-repeat scroll") == 2
    assert rule.index("local") < rule.index("scroll,")
    assert all(resource("page.css").count(f"--{name}:") == 2 for name in ("back", "shade"))


@pytest.mark.parametrize(("shade", "dark"), [(255, True), (120, False)])
def test_what_is_drawn_on_white_turns_dark_and_photographs_do_not(tmp_path, shade, dark):
    picture = np.full((20, 30, 3), shade, np.uint8)
    picture[5:10, 5:10] = 0
    Image.fromarray(picture).save(tmp_path / "a.png")
    with timed_video(tmp_path / "a.mp4", (30, 20), Fraction(1, 5), 5.0) as video:
        video.add(picture, 0)
    for name, tag in (("a.png", "<img"), ("a.mp4", "<video")):
        assert (f'{tag} class="drawn"' in medium("A", tmp_path / name)) == dark
    assert re.search(r"dark\) \{ \.media \.drawn \{ filter: invert", resource("page.css"))


def test_a_figure_is_a_drawing_of_the_page():
    figure = Figure()
    figure.text(0.5, 0.5, "words")
    text = medium("A <b>", figure)
    assert text.startswith('<figure class="media"><svg role="img" aria-label="A &lt;b&gt;"')
    assert "words</text>" in text
    assert "<figcaption>A &lt;b&gt;</figcaption>" in text


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.png: cannot be read"):
        medium("A", tmp_path / "gone.png")
