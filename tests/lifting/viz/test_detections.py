"""Detected keypoints on crops, by the lines they are made of."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lifting.skeletons import skeleton
from lifting.viz.detections import detection_figure

JOINTS = skeleton("h36m17")
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def drawn(confidence=1.0, labelled=None):
    found, truth = RNG.uniform(-5, 40, size=(2, 2, 17, 2))
    labelled = np.ones((2, 17), bool) if labelled is None else labelled
    figure = detection_figure(
        RNG.random((2, 32, 24, 3)),
        found,
        np.full((2, 17), confidence),
        truth,
        labelled,
        JOINTS,
        ["one", "two"],
    )
    return np.reshape(figure.axes, (2, 2)), found, truth


def ends(axes):
    return np.array([line.get_xydata() for line in axes.lines if len(line.get_xdata()) == 2])


def dots(axes):
    return np.array([line.get_xydata()[0] for line in axes.lines if line.get_marker() == "o"])


def test_labelled_bones_are_above_and_detected_ones_below():
    axes, found, truth = drawn()
    bones = np.array(JOINTS.bones)
    for i in range(2):
        np.testing.assert_allclose(ends(axes[0, i]), truth[i][bones])
        np.testing.assert_allclose(ends(axes[1, i])[: len(bones)], found[i][bones])
        np.testing.assert_allclose(dots(axes[1, i]), truth[i])
        joined = np.stack([truth[i], found[i]], 1)
        np.testing.assert_allclose(ends(axes[1, i])[len(bones) :], joined)
    assert [a.get_title() for a in axes[0]] == ["one", "two"]


def test_pixels_are_where_the_picture_has_them_and_none_is_cut_off():
    axes, _, _ = drawn()
    for each in axes.flat:
        (picture,) = each.images
        assert tuple(picture.get_extent()) == (0, 24, 32, 0)
        assert each.get_xlim() == (0, 24)
        assert each.get_ylim() == (32, 0)


def test_what_is_not_labelled_is_not_drawn():
    labelled = np.zeros((2, 17), bool)
    parent, child = JOINTS.bones[3]
    labelled[0, [parent, child]] = True
    axes, _, truth = drawn(labelled=labelled)
    np.testing.assert_allclose(ends(axes[0, 0]), truth[0][None, [parent, child]])
    assert not len(axes[0, 1].lines)
    np.testing.assert_allclose(dots(axes[1, 0]), truth[0][sorted((parent, child))])


@pytest.mark.parametrize(("confidence", "alpha"), [(0.0, 0.25), (0.6, 0.6), (1.3, 1.0)])
def test_what_is_surer_is_more_opaque(confidence, alpha):
    axes, _, _ = drawn(confidence)
    assert {line.get_alpha() for line in axes[1, 0].lines[: len(JOINTS.bones)]} == {alpha}
