"""Audits of one person, and of everyone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lifting.cameras import nominal_camera, project
from lifting.inference.audit import COLUMNS, audit, together
from lifting.viz.people_page import ShownPerson
from tests.lifting.metrics.test_anatomy import BACKWARDS, DOWN, FORWARDS, H36M17, person

ROOT = np.array([[100.0, -50.0, 4000.0]])


def shown(*poses):
    pose = np.stack([pose.numpy() for pose in poses])
    return ShownPerson("someone", np.arange(len(pose)), pose, H36M17)


def test_what_poses_alone_tell():
    right, wrong = person(), person(legs=(DOWN, FORWARDS), arms=(DOWN, BACKWARDS))
    found = audit(shown(right, right, right, wrong))
    assert (found.name, found.frames) == ("someone", 4)
    assert found.values == {
        "limb_asymmetry": pytest.approx(0, abs=1e-9),
        "bone_variation": pytest.approx(0, abs=1e-9),
        "wrong_knees": 25.0,
        "wrong_elbows": 25.0,
        "reprojection": None,
        "typical_keypoints": None,
    }
    assert audit(shown(right)).values["bone_variation"] is None


def test_the_projection_of_a_pose_lies_on_its_keypoints_or_as_far_off_as_they_are():
    camera = nominal_camera(1000, 800)
    someone = shown(person(), person())
    absolute = torch.from_numpy(someone.pose + ROOT[:, None])
    points = project(absolute, camera).numpy()
    points[1] += np.array([3.0, 4.0])
    points[0, 2] = np.nan
    # Some joints, in another order.
    there = replace(
        someone,
        trajectory=ROOT.repeat(2, 0),
        keypoints=points[:, ::-1].copy(),
        keypoint_joints=None,
    )
    assert audit(there, camera).values["reprojection"] is None
    reversed_set = replace(H36M17, joints=H36M17.joints[::-1], name="reversed")
    found = audit(replace(there, keypoint_joints=reversed_set), camera)
    assert found.values["reprojection"] == pytest.approx(5 * 17 / 33)
    assert audit(replace(there, keypoint_joints=reversed_set)).values["reprojection"] is None


def test_frames_count_once_and_what_is_not_known_of_somebody_does_not_count():
    many, few = audit(shown(*[person()] * 3)), audit(shown(person(legs=(DOWN, FORWARDS))))
    everyone = together([many, few], "all")
    assert (everyone.name, everyone.frames) == ("all", 4)
    assert set(everyone.values) == set(COLUMNS)
    assert everyone.values["wrong_knees"] == 25.0
    assert everyone.values["bone_variation"] == many.values["bone_variation"]
    assert everyone.values["reprojection"] is None
