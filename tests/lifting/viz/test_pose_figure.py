"""The figure of one pose, by the lines it is made of."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from mpl_toolkits.mplot3d import proj3d

from lifting.skeletons import skeleton
from lifting.viz.figures import TRUTH_COLOUR, upright
from lifting.viz.pose_figure import REPROJECTED_COLOUR, VIEWS, pose_figure
from lifting.viz.stick_figure import stick_figure
from tests.lifting.viz.made_bones import bones

H36M, COCO = skeleton("h36m17"), skeleton("coco17")
RNG = np.random.default_rng(0)
POSE = RNG.normal(size=(17, 3)) * 300
POINTS = RNG.normal(size=(17, 2)) * 50 + [400, 300]


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_keypoints_stand_beside_the_pose_from_four_sides():
    figure = pose_figure(POINTS, POSE, COCO, H36M, title="one")
    flat, *sides = figure.axes
    assert len(bones(flat)) == len(stick_figure(COCO).lines)
    assert [axes.get_title() for axes in sides] == list(VIEWS)
    assert all(len(bones(axes)) == len(H36M.bones) for axes in sides)
    # From the camera x goes right and -y up; from above z goes up.
    drawn = bones(sides[0])[0].ends
    parent, child = H36M.bones[0]
    np.testing.assert_allclose(drawn, POSE[[parent, child]][:, [0, 2, 1]] * [1, 1, -1])
    assert (sides[0].elev, sides[0].azim) == (5, -90)
    assert flat.get_ylim()[0] > flat.get_ylim()[1]
    assert figure.get_suptitle() == "one"


def test_what_was_not_seen_is_left_out_in_2d_and_dashed_in_3d():
    points, known, pose = POINTS.copy(), np.ones(17, bool), POSE.copy()
    points[COCO.index("left_wrist")] = np.nan
    known[H36M.index("left_wrist")] = False
    pose[H36M.index("right_ankle")] = np.nan
    figure = pose_figure(points, pose, COCO, H36M, known=known)
    assert len(bones(figure.axes[0])) == len(stick_figure(COCO).lines) - 1
    for axes in figure.axes[1:]:
        assert len(bones(axes)) == 15
        assert len(bones(axes, linestyle="--")) == 1
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["left", "right", "not seen, completed"]


def test_truth_and_projection_lie_in_view():
    truth, back = 3 * POSE, POINTS + np.array([300, 0])
    figure = pose_figure(POINTS, POSE, COCO, H36M, truth=truth, reprojected=back)
    flat, front = figure.axes[:2]
    assert len(bones(front, color=TRUTH_COLOUR)) == 16
    low, high = front.get_xlim()
    assert low <= truth[:, 0].min() < truth[:, 0].max() <= high
    projected = bones(flat, color=REPROJECTED_COLOUR)
    np.testing.assert_array_equal(projected[0].ends, back[list(H36M.bones[0])])
    assert flat.get_xlim()[1] > back[:, 0].max()
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[2:] == ["truth", "pose, projected back"]


def test_picture_lies_under_the_keypoints_pixel_by_pixel():
    picture = np.zeros((600, 800, 3), np.uint8)
    figure = pose_figure(POINTS, POSE, COCO, H36M, picture=picture)
    (image,) = figure.axes[0].images
    assert tuple(image.get_extent()) == (0, 800, 600, 0)
    # The person is shown, not the whole picture.
    assert np.ptp(figure.axes[0].get_xlim()) < 500


def test_nothing_of_a_pose_is_cut_off():
    # Standing, with most joints above the middle, as a person has them.
    pose = POSE * [0.3, 0.0, 0.3]
    pose[:, 1] = np.linspace(-900, -300, 17)
    pose[H36M.index("left_ankle")] = [100, 800, 0]
    figure = pose_figure(POINTS, pose, COCO, H36M)
    figure.canvas.draw()
    for axes in figure.axes[1:]:
        x, y, _ = proj3d.proj_transform(*upright(pose).T, axes.get_proj())
        inside = axes.patch.get_window_extent()
        assert all(inside.contains(*point) for point in axes.transData.transform(np.c_[x, y]))
