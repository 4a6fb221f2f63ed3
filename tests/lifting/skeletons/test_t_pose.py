"""The T-pose knows every joint of every set."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.skeletons import SKELETONS, Skeleton
from lifting.skeletons.t_pose import t_pose


@pytest.mark.parametrize("joints", SKELETONS.values(), ids=SKELETONS)
def test_every_bone_has_a_direction_and_both_sides_are_alike(joints):
    places = t_pose(joints)
    assert min(np.linalg.norm(places[p] - places[c]) for p, c in joints.bones) > 1
    np.testing.assert_array_equal(places[list(joints.mirror)], places * [-1, 1, 1])
    for joint, place in zip(joints.joints, places, strict=True):
        assert np.sign(place[0]) == {"left": 1, "right": -1}.get(joint.split("_")[0], 0)


def test_arms_are_held_out_and_legs_stand():
    joints = SKELETONS["mpi3dhp28"]
    place = dict(zip(joints.joints, t_pose(joints), strict=True))
    for end, start, axis in [
        ("left_wrist", "left_elbow", (1, 0, 0)),
        ("right_elbow", "right_shoulder", (-1, 0, 0)),
        ("left_knee", "left_hip", (0, -1, 0)),
        ("spine", "pelvis", (0, 1, 0)),
    ]:
        step = place[end] - place[start]
        np.testing.assert_allclose(step / np.linalg.norm(step), axis, atol=1e-12)
    assert (place["left_toe"] - place["left_ankle"])[2] > 0


def test_joint_of_no_known_place_is_refused():
    with pytest.raises(InputError, match="'squid' has a joint 'left_tentacle', whose place"):
        t_pose(Skeleton("squid", ("pelvis", "left_tentacle"), (-1, 0)))
