import matplotlib.pyplot as plt
import numpy as np
import pytest

from lifting.skeletons import skeleton
from lifting.viz.relative_depth import (
    annotation_figure,
    bar_figure,
    comparison_figure,
    error_figure,
    joint_figure,
    noise_figure,
)

RNG = np.random.default_rng(0)
BODY = skeleton("h36m17")


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_annotations_are_drawn_at_their_size_and_error():
    supervised = [("5 %", 4.0, 50.0), ("10 %", 4.0, 50.0)]
    figure = annotation_figure(
        {"supervised": supervised, "relative": [("1", 0.2, 62.0), ("17", 3.3, 55.0)]}
    )
    (axes,) = figure.axes
    drawn = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert drawn == {"supervised": [[4.0, 5.0], [4.0, 5.0]], "relative": [[0.2, 6.2], [3.3, 5.5]]}
    assert axes.get_xscale() == "log"
    assert {text.get_text() for text in axes.texts} == {"5 %\n10 %", "1", "17"}


def test_share_of_frames_below_is_the_empirical_distribution():
    errors = RNG.gamma(4, 15, 999)
    density, below = error_figure({"relative": errors}).axes
    curve, marks = (line.get_xydata() for line in below.lines)
    for centimetres, share in curve[::100]:
        assert share == pytest.approx(np.mean(errors / 10 <= centimetres))
    assert marks[1].tolist() == pytest.approx([np.median(errors) / 10, 0.5])
    assert sum(p.get_height() * p.get_width() for p in density.patches) == pytest.approx(1)


def test_left_and_right_joints_share_a_bar_with_their_deviation():
    errors = RNG.gamma(4, 15, (50, 17))
    (axes,) = joint_figure({"supervised": errors, "relative": errors + 10}, BODY).axes
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert len(names) == len(set(names)) == 11
    knees = errors[:, [BODY.index("left_knee"), BODY.index("right_knee")]] / 10
    bars, others = axes.containers[1], axes.containers[3]
    assert bars[names.index("knee")].get_height() == pytest.approx(knees.mean())
    assert others[names.index("knee")].get_height() == pytest.approx(knees.mean() + 1)
    segment = axes.collections[0].get_segments()[names.index("knee")]
    assert np.ptp(segment[:, 1]) == pytest.approx(2 * knees.std())


def test_noise_is_drawn_in_the_test_against_in_training_too():
    small = {"detections": (90.0, 70.0)}
    (axes,) = noise_figure(
        {"relative": {"0": (50.0, 50.0), "20": (80.0, 60.0)}, "relative, 16 joints": small}
    ).axes
    assert [line.get_fillstyle() for line in axes.lines[:2]] == ["full", "none"]
    assert axes.lines[0].get_xydata().tolist() == [[5.0, 5.0], [8.0, 6.0]]
    assert axes.get_xlim() == axes.get_ylim()


def test_bars_have_their_numbers():
    (axes,) = bar_figure({"0": 4.5, "crowd": 6.25}, "wrong", "error").axes
    assert [patch.get_height() for patch in axes.patches] == [4.5, 6.25]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("wrong", "error")


def test_comparison_has_a_row_for_the_image_and_one_for_each_run():
    poses = 300 * RNG.normal(size=(2, 3, 17, 3))
    keypoints = RNG.normal(size=(3, 17, 2))
    figure = comparison_figure(keypoints, dict(zip("ab", poses, strict=True)), BODY, BODY)
    assert len(figure.axes) == 9
    assert [axes.get_title("left") for axes in figure.axes if axes.get_title("left")] == ["a", "b"]
