"""Figures, by the lines they are made of."""

import itertools
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from lifting.skeletons import skeleton
from lifting.skeletons.occlusion import Status
from lifting.viz.figures import (
    METHOD_COLOURS,
    SIDE_COLOURS,
    TRUTH_COLOUR,
    draw_keypoints,
    prediction_figure,
)
from lifting.viz.latent import latent_figure
from lifting.viz.occlusion import occlusion_figure
from lifting.viz.player import resource
from tests.lifting.viz.made_bones import bones

H36M = skeleton("h36m17")
RNG = np.random.default_rng(0)


# What somebody without red or green cones sees of linear RGB (Machado et al., TVCG 2009, severity 1).
VISIONS = {
    "all": np.eye(3),
    "protanopia": np.array(
        [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]
    ),
    "deuteranopia": np.array(
        [[0.3673, 0.8607, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]
    ),
}


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
    low, high = axes.get_xlim()
    # Up to rounding.
    assert low - 1e-6 <= upright.min() < upright.max() <= high + 1e-6


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


def page_colours():
    """The colours of the page by day and by night."""
    day, _, rest = resource("page.css").partition("@media")
    night = rest.partition("* {")[0]
    return [dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", part)) for part in (day, night)]


def linear(colour):
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(first, second):
    """The ratio of WCAG 2."""
    low, high = sorted(linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (first, second))
    return (high + 0.05) / (low + 0.05)


def difference(first, second, vision):
    """The distance in CIELAB of what somebody sees."""
    to_xyz = np.array(
        [[0.41246, 0.35758, 0.18044], [0.21267, 0.71516, 0.07217], [0.01933, 0.11919, 0.95030]]
    )
    seen = []
    for colour in (first, second):
        xyz = to_xyz @ np.clip(vision @ linear(colour), 0, 1) / [0.95047, 1, 1.08883]
        x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
        seen.append(np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)]))
    return float(np.linalg.norm(seen[0] - seen[1]))


def test_colours_by_day_are_those_of_the_pictures():
    day, _ = page_colours()
    methods = {f"m{n}": colour for n, colour in enumerate(METHOD_COLOURS)}
    wanted = {**SIDE_COLOURS, "truth": TRUTH_COLOUR, **methods}
    assert {name: day[name] for name in wanted} == wanted


@pytest.mark.parametrize("vision", VISIONS)
def test_no_colour_of_a_method_is_taken_for_a_side_or_another_method(vision):
    seen = VISIONS[vision]
    for colours in page_colours():
        methods = [colours[f"m{n}"] for n in range(4)]
        sides = [colours["left"], colours["right"]]
        assert min(difference(m, s, seen) for m in methods for s in sides) > 19
        assert min(difference(*pair, seen) for pair in itertools.combinations(methods, 2)) > 30
        assert difference(*sides, seen) > 60


def test_lines_are_seen_on_what_is_behind_them():
    for colours in page_colours():
        for name in ("left", "right", "middle", "unseen", *(f"m{n}" for n in range(4))):
            for behind in ("back", "card"):
                assert contrast(colours[name], colours[behind]) >= 3, name
        for name in ("text", "soft", "accent"):
            assert contrast(colours[name], colours["back"]) >= 4.5, name
