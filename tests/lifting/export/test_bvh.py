"""Poses go into BVH and come out where they were, through readers that know nothing of the writer."""

import numpy as np
import pytest

from datamodules.cmu.bvh import forward_kinematics, read_bvh
from lifting.errors import InputError
from lifting.export.bvh import write_bvh
from lifting.skeletons import SKELETONS, skeleton
from lifting.skeletons.t_pose import t_pose

H36M = skeleton("h36m17")
# What datasets record twice, in the same place.
REPEATED = ("collar", "thumb", "wrist_end")


def person(joints, frames=9, stretch=0.0, seed=0):
    """Poses in the camera frame whose bones point anywhere, of constant length unless they stretch."""
    rng = np.random.default_rng(seed)
    poses = np.zeros((frames, len(joints), 3))
    below = [joints.root]
    while below:
        parent = below.pop()
        for child in (c for p, c in joints.bones if p == parent):
            length = rng.uniform(50, 450) * rng.uniform(1 - stretch, 1 + stretch, (frames, 1))
            if joints.joints[child].endswith(REPEATED):
                length *= 0
            step = rng.normal(size=(frames, 3))
            step *= length / np.linalg.norm(step, axis=-1, keepdims=True)
            poses[:, child] = poses[:, parent] + step
            below.append(child)
    return poses


def walk(frames=9):
    return np.linspace([-500.0, 200, 3000], [900, 250, 5000], frames)


def read_back(path, joints):
    """Joints by the suite's reader, which was written for recordings: camera frame, millimetres."""
    content = read_bvh(path)
    places, _ = forward_kinematics(content)
    return places[:, [content.index(joint) for joint in joints.joints]] * [10, -10, -10]


@pytest.mark.parametrize("joints", SKELETONS.values(), ids=SKELETONS)
def test_bones_of_constant_length_come_back_where_they_were(tmp_path, joints):
    poses, trajectory = person(joints), walk()
    write_bvh(tmp_path / "a.bvh", poses, joints.name, 25.0, trajectory)
    back = read_back(tmp_path / "a.bvh", joints)
    assert np.abs(back - (poses + trajectory[:, None])).max() < 0.01


@pytest.mark.parametrize("joints", SKELETONS.values(), ids=SKELETONS)
def test_bones_that_stretch_come_back_as_they_were_lifted(tmp_path, joints):
    poses = person(joints, stretch=0.3)
    write_bvh(tmp_path / "a.bvh", poses, joints.name, 25.0, bones="as_lifted")
    assert np.abs(read_back(tmp_path / "a.bvh", joints) - poses).max() < 0.01


def test_bones_that_stretch_get_their_median_length_and_keep_their_direction(tmp_path):
    poses = person(H36M, stretch=0.3)
    write_bvh(tmp_path / "a.bvh", poses, "h36m17", 25.0)
    back = read_back(tmp_path / "a.bvh", H36M)
    for parent, child in H36M.bones:
        lifted, written = (x[:, child] - x[:, parent] for x in (poses, back))
        lengths = np.linalg.norm(lifted, axis=-1)
        wanted = lifted / lengths[:, None] * np.median(lengths)
        np.testing.assert_allclose(written, wanted, atol=0.01)


def test_someone_who_stands_in_t_before_the_camera_is_the_rest_pose(tmp_path):
    pose = t_pose(H36M) * [10, -10, -10]
    write_bvh(tmp_path / "a.bvh", np.tile(pose, (2, 1, 1)), "h36m17", 50.0)
    content = read_bvh(tmp_path / "a.bvh")
    assert content.frame_time == pytest.approx(0.02)
    assert content.names[0] == "pelvis"
    np.testing.assert_allclose(content.motion[:, 3:], 0, atol=1e-4)
    np.testing.assert_allclose(content.motion[:, :3], np.tile([0, 95, 0], (2, 1)), atol=1e-4)
    wrist, head = content.index("left_wrist"), content.index("head")
    np.testing.assert_allclose(content.offsets[wrist], [25, 0, 0], atol=1e-4)
    assert content.offsets[head][1] > 10


def test_joint_of_several_bones_turns_as_fits_them_best(tmp_path):
    """A person turned as a whole, by angles that are told in the order of the channels."""
    rest = (t_pose(H36M) - t_pose(H36M)[0]) * 10
    yaw = np.radians(30)
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    write_bvh(tmp_path / "a.bvh", (rest @ turn.T * [1, -1, -1])[None], "h36m17", 25.0)
    content = read_bvh(tmp_path / "a.bvh")
    for joint, name in enumerate(content.names):
        if content.channels[joint]:
            angles = dict(zip(content.channels[joint], content.values(joint)[0], strict=True))
            assert angles["Yrotation"] == pytest.approx(30 if name == "pelvis" else 0, abs=1e-4)
            assert [angles[f"{a}rotation"] for a in "ZX"] == pytest.approx([0, 0], abs=1e-4)


def test_angles_go_on_over_a_whole_turn(tmp_path):
    yaws = np.radians(np.arange(0, 720, 20))
    rest = (t_pose(H36M) - t_pose(H36M)[0]) * [10, -10, -10]
    cos, sin = np.cos(yaws)[:, None], np.sin(yaws)[:, None]
    x, y, z = rest.T
    poses = np.stack([cos * x + sin * z, np.tile(y, (len(yaws), 1)), cos * z - sin * x], -1)
    write_bvh(tmp_path / "a.bvh", poses, "h36m17", 25.0)
    content = read_bvh(tmp_path / "a.bvh")
    turned = content.values(0)[:, content.channels[0].index("Yrotation")]
    np.testing.assert_allclose(np.abs(np.diff(turned)), 20, atol=1e-3)


def test_every_joint_and_every_node_between_has_a_name_of_its_own(tmp_path):
    write_bvh(tmp_path / "a.bvh", person(H36M), "h36m17", 25.0)
    text = (tmp_path / "a.bvh").read_text()
    names = [
        line.split()[1] for line in text.splitlines() if line.split()[:1] in (["ROOT"], ["JOINT"])
    ]
    assert len(names) == len(set(names)) == 17 + 6
    assert {n for n in names if n.startswith("to_")} == {
        *("to_left_hip", "to_right_hip", "to_spine", "to_face", "to_left_shoulder"),
        "to_right_shoulder",
    }
    assert all(len(line.split()) == 3 * len(names) + 3 for line in text.splitlines()[-9:])


POSES = person(H36M)
GAP = POSES.copy()
GAP[[2, 5], 13] = np.nan
GAP[5, 12, 0] = np.inf


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"fps": None}, "frames per second, and fps is None"),
        ({"fps": float("nan")}, "fps is nan"),
        ({"fps": 0.0}, "fps is 0.0"),
        ({"skeleton": "h36m15"}, "There is no skeleton 'h36m15'"),
        (
            {"skeleton": "h36m16"},
            r"the shape \(9, 17, 3\); give frames of the 16 joints of 'h36m16'",
        ),
        ({"poses": POSES[:0]}, r"the shape \(0, 17, 3\)"),
        ({"poses": POSES[0]}, r"the shape \(17, 3\)"),
        ({"trajectory": walk(8)}, r"trajectory has the shape \(8, 3\)"),
        ({"bones": "rubber"}, "bones is 'rubber': choose median or as_lifted"),
        (
            {"poses": GAP},
            r"Where left_elbow, left_wrist is, is not known in 2 of 9 frames \(2, 5\)",
        ),
        ({"trajectory": walk() * np.nan}, "Where every joint is, is not known in 9 of 9 frames"),
        ({"path": "nowhere/a.bvh"}, "nowhere/a.bvh: cannot be written"),
    ],
)
@pytest.mark.usefixtures("any_shape")
def test_fault_is_told_in_one_sentence_and_nothing_is_written(tmp_path, options, sentence):
    (tmp_path / "a.bvh").write_text("before")
    given = {"poses": POSES, "skeleton": "h36m17", "fps": 25.0, "path": "a.bvh"} | options
    with pytest.raises(InputError, match=sentence):
        write_bvh(**given | {"path": tmp_path / given["path"]})
    assert [p.name for p in tmp_path.iterdir()] == ["a.bvh"]
    assert (tmp_path / "a.bvh").read_text() == "before"
