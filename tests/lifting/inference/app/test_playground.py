"""Requests of the playground and their answers."""

import json

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.app.lifters import Lifters
from lifting.inference.app.playground import SHOWN, SIZE, describe_lifter, lift_points
from lifting.inference.prediction import lift
from lifting.skeletons import skeleton
from tests.lifting.made_checkpoints import make
from tests.made_lifters import save

NAMES = {"simple_baseline": "sb", "video_pose_3d": "<vp>", "occlusion": "occ"}


@pytest.fixture(scope="module")
def lifters(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lifters")
    for method, name in NAMES.items():
        save(make(method), folder / f"{name}.ckpt")
    return Lifters([folder])


def through_json(content):
    return json.loads(json.dumps(content, allow_nan=False))


def wished(lifters, name="sb", **changed):
    points = describe_lifter(lifters, name)["poses"]["Stand"]
    return {"lifter": name, "points": points, "size": [SIZE, SIZE], **changed}


@pytest.mark.parametrize("name", NAMES.values())
def test_page_is_told_the_joints_of_a_lifter_and_poses_within_view(lifters, name):
    told = through_json(describe_lifter(lifters, name))
    joints = skeleton("h36m17")
    assert told["keypoints"]["joints"] == list(joints.joints)
    assert told["joints"]["bones"] == [list(bone) for bone in joints.bones]
    left, top, width, height = told["view"]
    assert (width, height) == (SHOWN, SHOWN)
    for points in told["poses"].values():
        assert np.all(np.array(points) > [left, top])
        assert np.all(np.array(points) < [left + width, top + height])


@pytest.mark.parametrize("name", NAMES.values())
def test_what_is_dragged_is_lifted_as_any_keypoints_are(lifters, name):
    content = wished(lifters, name, size=[800, 1200.0])
    answer = through_json(lift_points(lifters, content))
    expected = lift(content["points"], lifters[name], skeleton="h36m17", size=(800, 1200))
    np.testing.assert_allclose(answer["pose"], expected.pose[0], atol=0.051)
    assert answer["hidden"] == []


def test_hidden_joint_is_completed_by_whom_can(lifters):
    content = wished(lifters, "occ")
    joints = skeleton("h36m17")
    for joint in joints.part("left_arm"):
        content["points"][joint] = None
    answer = through_json(lift_points(lifters, content))
    assert answer["hidden"] == joints.part("left_arm")
    assert all(len(point) == 3 for point in answer["pose"])
    content["lifter"] = "sb"
    with pytest.raises(InputError, match="anything to tell left_shoulder, left_elbow, left_wrist"):
        lift_points(lifters, content)
    content = wished(lifters, "occ", points=[[400, 300], *16 * [None]])
    with pytest.raises(InputError, match="Too little is seen"):
        lift_points(lifters, content)


@pytest.mark.parametrize(
    "changed",
    [
        {"lifter": 3},
        {"lifter": "gone"},
        {"points": None},
        {"points": [[1, 2]]},
        {"points": 17 * [[1, 2, 3]]},
        {"points": 17 * [[1, True]]},
        {"points": 17 * [[1, float("nan")]]},
        {"points": 17 * [[1, 10**9]]},
        {"points": 17 * [None]},
        {"size": None},
        {"size": [0, 5]},
        {"size": ["a", 5]},
    ],
)
def test_what_does_not_come_from_the_page_is_refused(lifters, changed):
    with pytest.raises(InputError):
        lift_points(lifters, wished(lifters, **changed))
    with pytest.raises(InputError):
        lift_points(lifters, [changed])
