"""Figures of a user study, by what stands in them."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from lifting.skeletons import skeleton
from lifting.viz.annotations import (
    GREEN,
    PINK,
    MarkedImage,
    accuracy_figure,
    agreement_figure,
    bias_figure,
    histogram_figure,
    image_figure,
    risk_figure,
    skill_figure,
)
from tests.lifting.viz.made_bones import bones

LSP = skeleton("lsp14")
DRAWS = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def shown(picture=None, hidden=()):
    seen = np.ones(14, bool)
    seen[list(hidden)] = False
    return MarkedImage(picture, DRAWS.uniform(20, 80, (14, 2)), seen, 3, 8, "title")


def test_the_two_joints_are_marked_in_their_colours():
    images = [shown(), shown(np.zeros((100, 120, 3), np.uint8))]
    figure = image_figure({"easiest": images, "hardest": images[:1]}, LSP)
    assert [part.get_suptitle() for part in figure.subfigs] == ["easiest", "hardest"]
    assert [len(part.axes) for part in figure.subfigs] == [2, 1]
    for axes, image in zip(figure.subfigs[0].axes, images, strict=True):
        marks = {
            to_hex(x.get_color()): x.get_xydata()[0] for x in axes.lines if x.get_marker() == "o"
        }
        np.testing.assert_array_equal(marks[GREEN], image.keypoints[3])
        np.testing.assert_array_equal(marks[PINK], image.keypoints[8])
        # The whole person is in it, y downwards.
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        assert ((image.keypoints > [left, top]) & (image.keypoints < [right, bottom])).all()
        assert len(axes.images) == (image.picture is not None)
    assert len(bones(figure.subfigs[0].axes[0])) == 14


def test_hidden_joints_are_not_drawn():
    axes = image_figure({"easiest": [shown(hidden=[0])]}, LSP).subfigs[0].axes[0]
    assert len(bones(axes)) == 13


def test_truth_of_risk_is_drawn_where_it_is_known():
    kept = np.linspace(0.1, 1, 10)
    assert len(risk_figure(kept, kept / 3, np.full(10, np.nan)).axes[0].lines) == 1
    assert len(risk_figure(kept, kept / 3, kept / 2).axes[0].lines) == 2


def test_histogram_counts_every_number_once():
    values = {"one": DRAWS.normal(0, 1, 900), "other": DRAWS.normal(1, 1, 300)}
    axes = histogram_figure(values, "x", "y").axes[0]
    outlines = [p for p in axes.patches if not p.get_fill()]
    for outline, of_name in zip(outlines, values.values(), strict=True):
        corners = outline.get_xy()
        heights = corners[1:-1:2, 1]
        assert heights.sum() == len(of_name)
    assert axes.get_legend() is not None
    assert histogram_figure({"one": values["one"]}, "x", "y").axes[0].get_legend() is None


def test_dots_grow_with_the_number_of_answers():
    rate = np.array([0.9, 0.7, np.nan])
    (dots,) = skill_figure(rate, rate, np.array([100, 10, 0]), "the poses").axes[0].collections
    assert dots.get_sizes()[0] > dots.get_sizes()[1]
    curve = np.array([50.0, 150.0]), np.array([0.6, 0.8]), np.array([400, 4])
    model = np.array([0.0, 400.0]), np.array([0.5, 1.0])
    (dots,) = accuracy_figure({"camera": {"merged": curve}}, model).axes[0].collections
    assert dots.get_sizes()[0] > dots.get_sizes()[1]
    np.testing.assert_allclose(dots.get_offsets(), [[5, 0.6], [15, 0.8]])


def test_bias_has_names_where_there_is_room():
    axes = bias_figure(["a", "b", "c"], np.array([0.1, np.nan, -0.2]), "the poses").axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["c", "a"]
    assert [to_hex(bar.get_facecolor()) for bar in axes.patches] == [GREEN, PINK]
    many = bias_figure([str(n) for n in range(60)], DRAWS.normal(0, 0.1, 60), "the poses").axes[0]
    assert not many.get_yticklabels()
    assert many.get_ylabel() == "60 annotators"


def test_matrix_leaves_out_oneself_and_who_shares_nothing():
    alike = np.array([[1, 0.9, np.nan], [0.9, 1, 0.6], [np.nan, 0.6, 1]])
    count = np.array([[9, 5, 0], [5, 9, 7], [0, 7, 9]])
    figure = agreement_figure(["a", "b", "c"], alike, alike - 0.3, count)
    texts = {t.get_position(): t.get_text() for t in figure.axes[0].texts}
    assert set(texts) == {(1, 0), (0, 1), (2, 1), (1, 2)}
    assert texts[1, 0] == "90%\n$\\kappa$ 0.60\n5"


def test_figures_can_be_written():
    names = [f"somebody_with_a_long_name_{n}" for n in range(4)]
    square = DRAWS.random((4, 4))
    for figure in (
        agreement_figure(names, square, square, np.full((4, 4), 12)),
        bias_figure(names, DRAWS.normal(0, 0.1, 4), "what is merged"),
        image_figure({"easiest": [shown(np.zeros((9, 9, 3), np.uint8))]}, LSP),
    ):
        written = io.BytesIO()
        figure.savefig(written, format="png", bbox_inches="tight")
        assert plt.imread(io.BytesIO(written.getvalue())).std() > 0.01
