"""Figures as drawings of a page: its colours, no background, nothing that collides."""

import re

import matplotlib.pyplot as plt
import numpy as np

from lifting.skeletons import skeleton
from lifting.skeletons.occlusion import Status
from lifting.viz.occlusion import occlusion_figure
from lifting.viz.player import resource
from lifting.viz.themed import themed_drawing

H36M = skeleton("h36m17")


def drawing():
    rng = np.random.default_rng(0)
    status = np.zeros((2, 17), int)
    status[0, 4] = Status.COMPLETED
    points, poses = rng.normal(size=(2, 17, 2)), rng.normal(size=(2, 17, 3))
    seen = np.ones((2, 17), bool)
    figure = occlusion_figure(points, seen, poses, status, poses, H36M, H36M, ["one", "two"])
    text = themed_drawing(figure, "A & B")
    plt.close(figure)
    return text


def test_a_figure_takes_the_colours_of_the_page_and_leaves_none_of_its_own():
    text = drawing()
    used = set(re.findall(r"var\(--(\w+)\)", text))
    assert used == {"left", "right", "middle", "truth", "card"}
    assert all(f"--{name}:" in resource("page.css") for name in used)
    assert "currentColor" in text
    assert not re.search(r"#[0-9a-f]{6}\b", text)


def test_a_figure_is_words_and_lines_without_a_background():
    text = drawing()
    assert text.startswith('<svg role="img" aria-label="A &amp; B"')
    assert re.findall(r">(one|two|seen: lifted)</text>", text)
    # A patch of the whole figure would be the first one, filled.
    assert not re.search(r'<g>\s*<path d="M 0 \d[^"]*"\s*style="fill: (?!none)', text)
    assert text == drawing()


def test_drawings_of_one_page_share_no_names():
    """Only what a drawing refers to itself keeps a name, and that differs from another's."""
    names = re.findall(r' id="([^"]+)"', drawing())
    figure = plt.figure()
    figure.add_subplot().plot([0, 1], "o-")
    others = re.findall(r' id="([^"]+)"', themed_drawing(figure, "other"))
    plt.close(figure)
    assert names
    assert not set(names) & set(others)
