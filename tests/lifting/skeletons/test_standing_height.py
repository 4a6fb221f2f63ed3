"""Standing heights of figures whose height is known, in whatever posture."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lifting.skeletons import SKELETONS, skeleton
from lifting.skeletons.standing_height import standing_height
from lifting.skeletons.t_pose import t_pose


@pytest.mark.parametrize("joints", SKELETONS.values(), ids=SKELETONS)
def test_the_figure_of_the_t_pose_is_as_tall_as_it_is_drawn_in_every_set(joints):
    turned = Rotation.random(4, random_state=0).as_matrix()
    poses = 10 * 1.1 * np.einsum("tij,kj->tki", turned, t_pose(joints)) + [5, 7, 3000]
    assert standing_height(poses, joints.name) == pytest.approx(1.1 * 1750)


def test_the_legs_and_the_trunk_count_as_long_as_they_are_also_of_who_sits():
    """Thighs ahead, shanks hanging: the same bones in another posture."""
    joints = skeleton("h36m17")
    standing = 10 * t_pose(joints)
    sitting = standing.copy()
    for side in ("left", "right"):
        hip, knee, ankle = (joints.index(f"{side}_{stem}") for stem in ("hip", "knee", "ankle"))
        sitting[knee] = standing[hip] + [0, 0, 440]
        sitting[ankle] = sitting[knee] + [0, -420, 0]
    assert standing_height(sitting[None], "h36m17") == pytest.approx(1750)
    # 20 cm more of shank are 20 cm more of the 163 between ankle and head.
    longer = standing.copy()
    longer[[joints.index("left_ankle"), joints.index("right_ankle")]] -= [0, 200, 0]
    wanted = 1750 * (1630 + 200) / 1630
    assert standing_height(longer[None], "h36m17") == pytest.approx(wanted)


def test_frames_that_are_not_known_do_not_count():
    poses = np.tile(10 * t_pose(skeleton("coco17")), (9, 1, 1))
    poses[:3] = np.nan
    poses[4, 15] *= 3
    assert standing_height(poses, "coco17") == pytest.approx(1750)
    assert np.isnan(standing_height(poses[:3], "coco17"))
