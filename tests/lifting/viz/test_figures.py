"""Figures, by the lines they are made of."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from lifting.skeletons import skeleton
from lifting.skeletons.occlusion import Status
from lifting.viz.figures import SIDE_COLOURS, TRUTH_COLOUR, draw_keypoints, prediction_figure
from lifting.viz.latent import latent_figure
from lifting.viz.occlusion import occlusion_figure
from tests.lifting.viz.made_bones import bones

H36M = skeleton("h36m17")
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def poses(*shape):
    return RNG.normal(size=(*shape, 17, 3)) * 300


def joints(axes):
    return [line for line in axes.lines if line.get_marker() == "o"]


def test_latent_figure_draws_every_pose_once_over_its_original():
    original = RNG.normal(size=(2, 17, 2))
    figure = latent_figure(
        original,
        original + 0.1,
        RNG.normal(size=(2, 3, 17, 2)),
        RNG.normal(size=(7, 17, 2)),
        RNG.normal(size=(2, 4, 17, 2)),
        H36M,
    )
    panels = [[*part.axes] for part in figure.subfigs]
    assert [len(p) for p in panels] == [2, 6, 7, 8]
    for panel in (panels[0][0], panels[1][0]):
        assert len(bones(panel, color=TRUTH_COLOUR)) == 16
        assert len(bones(panel)) == 32
    assert len(bones(panels[2][0])) == len(bones(panels[3][0])) == 16
    # The second row of neighbours shows the same poses again.
    drawn = bones(panels[1][3], color=TRUTH_COLOUR)[0].ends
    np.testing.assert_array_equal(drawn, original[1][list(H36M.bones[0])])
    # One scale, y downwards.
    (limits,) = {(p.get_xlim(), p.get_ylim()) for part in panels for p in part}
    assert limits[1][0] > limits[1][1]


def test_occlusion_figure_tells_lifted_from_completed_joints():
    arm = H36M.part("left_arm")
    status = np.zeros((3, 17), int)
    status[0, arm] = Status.COMPLETED
    status[1, arm[0]] = Status.DEPTH_COMPLETED
    status[2] = Status.UNKNOWN
    visible = np.ones((3, 17), bool)
    visible[0, arm] = False
    predicted = poses(3)
    predicted[2] = np.nan
    figure = occlusion_figure(
        RNG.normal(size=(3, 17, 2)), visible, predicted, status, poses(3), H36M, H36M, list("abc")
    )
    flat, front, side = figure.axes[:3]
    assert [axes.get_title() for axes in figure.axes[::3]] == list("abc")
    assert len(bones(flat)) == 13
    for axes in (front, side):
        assert len(bones(axes, color=TRUTH_COLOUR)) == 16
        coloured = [b for b in bones(axes) if b.color != TRUTH_COLOUR]
        assert sum(b.linestyle == "-" for b in coloured) == 13
        assert sum(b.linestyle == "--" for b in coloured) == 3
        hollow = [j for j in joints(axes) if to_hex(j.get_markerfacecolor()) == "#ffffff"]
        assert len(hollow) == 3
        assert len(joints(axes)) == 17
    # Seen, but of unknown depth: the two bones at the shoulder.
    dashed = [b for b in bones(figure.axes[4]) if b.linestyle == "--"]
    assert len(dashed) == 2
    assert len(joints(figure.axes[4])) == 17
    # Refused: the truth alone.
    assert len(bones(figure.axes[7])) == 16
    assert not joints(figure.axes[7])
    (legend,) = figure.legends
    assert [t.get_text() for t in legend.get_texts()] == [
        "seen: lifted",
        "not seen: completed",
        "seen: depth completed",
        "truth",
    ]


def test_refused_pose_leaves_the_truth_in_view():
    predicted, truth = poses(1), poses(1)
    predicted[0] = np.nan
    figure = prediction_figure(RNG.normal(size=(1, 17, 2)), predicted, truth, H36M, H36M, ["a"])
    axes = figure.axes[1]
    upright = truth[0, :, 0]
    assert axes.get_xlim()[0] <= upright.min() < upright.max() <= axes.get_xlim()[1]


def test_keypoints_drawn_twice_stay_upright():
    axes = plt.figure().add_subplot()
    points = RNG.normal(size=(17, 2))
    draw_keypoints(axes, points, H36M, truth=True)
    draw_keypoints(axes, points, H36M)
    assert axes.yaxis_inverted()
    assert {b.color for b in bones(axes)} == {TRUTH_COLOUR, *SIDE_COLOURS.values()}


def test_a_prediction_that_is_far_too_small_does_not_cut_the_truth_off():
    truth = poses(1)
    figure = prediction_figure(RNG.normal(size=(1, 17, 2)), 0.1 * truth, truth, H36M, H36M, ["a"])
    for axes in figure.axes[1:]:
        for bone in bones(axes, color=TRUTH_COLOUR):
            for values, limits in zip(
                bone.ends.T, (axes.get_xlim(), axes.get_ylim(), axes.get_zlim()), strict=True
            ):
                assert limits[0] <= min(values) <= max(values) <= limits[1]
