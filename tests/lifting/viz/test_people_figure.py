"""The figure of lifted people, by the lines it is made of."""

import matplotlib.pyplot as plt
import numpy as np

from lifting.skeletons import skeleton
from lifting.viz.people_figure import people_figure
from tests.lifting.viz.made_bones import bones

H36M = skeleton("h36m17")


def test_poses_stand_in_columns_with_what_was_not_seen_dashed():
    poses = np.random.default_rng(0).normal(size=(2, 17, 3)) * 300
    known = np.ones((2, 17), bool)
    known[0, H36M.index("left_wrist")] = False
    poses[1, H36M.index("head")] = np.nan
    figure = people_figure(poses, known, H36M, ["one", "two"])
    first, side, second, _ = figure.axes
    assert [axes.get_title() for axes in figure.axes] == ["one", "", "two", ""]
    assert (first.azim, side.azim) == (-90, -20)
    assert (len(bones(first)), len(bones(first, linestyle="--"))) == (16, 1)
    assert (len(bones(second)), len(bones(second, linestyle="--"))) == (15, 0)
    plt.close(figure)
