"""The poses that the playground begins with."""

import numpy as np
import pytest

from lifting.inference.app.example_poses import POSES, example_pose
from lifting.skeletons import SKELETONS, skeleton


@pytest.mark.parametrize("name", SKELETONS)
def test_every_joint_set_has_a_person_in_the_middle_of_the_image(name):
    joints = skeleton(name)
    for pose in POSES:
        points = example_pose(joints, pose, 1000.0)
        assert points.shape == (len(joints), 2)
        assert np.isfinite(points).all()
        assert (points > 180).all()
        assert (points < 820).all()


def test_person_stands_upright_and_is_seen_from_the_front():
    joints = skeleton("h36m17")
    x, y = example_pose(joints, "Stand", 1000.0).T
    at = {name: (x[i], y[i]) for i, name in enumerate(joints.joints)}
    assert (
        at["head"][1] < at["thorax"][1] < at["pelvis"][1] < at["left_knee"][1] < at["left_ankle"][1]
    )
    # The left of someone who looks at the camera is at the right; here both sides are alike.
    assert at["left_hip"][0] > at["pelvis"][0] > at["right_hip"][0]
    for joint, (right, down) in at.items():
        other = at[joint.replace("left", "right")]
        assert other == pytest.approx((right if joint == other else 1000 - right, down)) or not (
            joint.startswith("left")
        )
    assert at["left_wrist"][1] > at["left_elbow"][1] > at["left_shoulder"][1]


def test_limbs_keep_their_lengths_when_they_are_raised():
    joints = skeleton("h36m17")
    arm = joints.indices(["left_shoulder", "left_elbow", "left_wrist"])
    lengths = [
        np.linalg.norm(np.diff(example_pose(joints, pose, 1000.0)[arm], axis=0), axis=-1)
        for pose in POSES
    ]
    np.testing.assert_allclose(lengths, lengths[:1] * len(POSES))
    wave = example_pose(joints, "Wave", 1000.0)
    assert wave[arm[2], 1] < wave[arm[1], 1] < wave[arm[0], 1]
