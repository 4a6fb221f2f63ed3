"""Files of poses of this suite and of others, read as people."""

import re

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.pose_files import pack_poses
from lifting.inference.pose_reading import read_people, select_people
from lifting.inference.prediction import Lifted
from lifting.skeletons import skeleton

RNG = np.random.default_rng(0)
H36M = skeleton("h36m17")


def lifted(name, frames, first=0, trajectory=True):
    points = np.ones((frames, 17, 2))
    numbers = np.arange(first, first + frames)
    track = KeypointTrack(name, numbers, points, np.ones((frames, 17)), "coco17", (640, 480), 30.0)
    pose = RNG.normal(size=(frames, 17, 3)).astype(np.float32)
    known = RNG.random((frames, 17)) > 0.3
    root = RNG.normal(size=(frames, 3)).astype(np.float32) if trajectory else None
    return track, Lifted(pose, known, "h36m17", root, 30.0)


def person(frames=5, height=1.7):
    """Somebody who stands before a camera, in metres."""
    pose = RNG.normal(size=(frames, 17, 3)) * 0.05
    pose[:, H36M.index("head")] += [0, -height, 0]
    return pose


def saved(tmp_path, **content):
    np.savez(tmp_path / "poses.npz", **content)
    return tmp_path / "poses.npz"


@pytest.mark.parametrize("trajectory", [True, False])
def test_what_lifting_wrote_is_read_person_by_person(tmp_path, trajectory):
    both = [lifted("one", 4, 3, trajectory), lifted("two", 2, 0, trajectory)]
    tracks, poses = zip(*both, strict=True)
    (tmp_path / "a.npz").write_bytes(pack_poses(list(tracks), list(poses)))
    people, fps = read_people(tmp_path / "a.npz")
    assert ([p.name for p in people], fps) == (["one", "two"], 30.0)
    for read, track, wanted in zip(people, tracks, poses, strict=True):
        assert read.joints is H36M
        np.testing.assert_array_equal(read.frames, track.frames)
        np.testing.assert_array_equal(read.pose, wanted.pose)
        np.testing.assert_array_equal(read.known, wanted.known)
        assert (read.trajectory is None) == (not trajectory)
        if trajectory:
            np.testing.assert_array_equal(read.trajectory, wanted.trajectory)


def test_predictions_of_a_run_are_clips_in_the_order_of_their_frames(tmp_path):
    pose = RNG.normal(size=(4, 17, 3))
    clips = np.array([["S1", "walk", "a"], ["S1", "sit", "b"]])
    path = saved(tmp_path, pose=pose, clip=[1, 0, 0, 1], frame=[9, 4, 2, 3], clips=clips)
    people, fps = read_people(path, "h36m17")
    assert ([p.name for p in people], fps) == (["S1/walk/a", "S1/sit/b"], None)
    np.testing.assert_array_equal(people[0].pose, pose[[2, 1]])
    assert people[1].frames.tolist() == [3, 9]


def test_arrays_of_others_are_in_metres_or_millimetres(tmp_path):
    """As VideoPose3D exports them: root-relative metres, and absolute ones before a camera."""
    pose = person()
    pose -= pose[:, :1]
    np.save(tmp_path / "walk.npy", pose)
    ((one,), _) = read_people(tmp_path / "walk.npy", "h36m17")
    assert one.name == "walk"
    np.testing.assert_allclose(one.pose, 1000 * pose)
    assert one.trajectory is None
    root = np.linspace([0.0, 0, 4], [1, 0, 5], 5)
    for factor in (1, 1000):
        path = saved(tmp_path, reconstruction=factor * (pose + root[:, None]))
        ((one,), _) = read_people(path, "h36m17")
        np.testing.assert_allclose(one.pose, 1000 * pose, atol=1e-6)
        np.testing.assert_allclose(one.trajectory, 1000 * root, atol=1e-6)


def test_dictionaries_and_several_people_have_names(tmp_path):
    content = {"S1": {"Walk": person(3), "Sit": person(4)}, "fps": 50}
    path = saved(tmp_path, positions_3d=np.array(content, dtype=object))
    people, _ = read_people(path, "h36m17")
    assert [p.name for p in people] == ["positions_3d/S1/Walk", "positions_3d/S1/Sit"]
    (one,) = select_people(people, "positions_3d/S1/S", path)
    assert len(one.pose) == 4
    people, _ = read_people(saved(tmp_path, pose=np.stack([person(), person()])), "h36m17")
    assert len(people) == 2
    ((one,), _) = read_people(saved(tmp_path, arr_0=person()[0]), "h36m17")
    assert one.pose.shape == (1, 17, 3)


@pytest.mark.parametrize(
    ("content", "joints", "sentence"),
    [
        ({"image": np.zeros((3, 17, 2))}, None, "holds image, and no poses"),
        ({"keypoints": np.zeros((3, 17, 3))}, "h36m17", "holds 2D keypoints; lift them first"),
        ({"a": person(), "skeleton": "mpi3dhp17"}, "h36m17", "its joints are those of 'mpi3dhp17'"),
        ({"pose": person(), "skeleton": "h36m17"}, "coco17", "leave out --skeleton coco17"),
        (
            {"a": person()},
            None,
            "does not name the joint set of its 17 joints; give --skeleton h36m17",
        ),
        ({"a": person()[:, :13]}, None, "its 13 joints; no known one has as many"),
        ({"a": person()}, "lsp14", "has poses of 17 joints, and 'lsp14' has 14"),
        ({"a": person()}, "h36m", "no skeleton 'h36m'"),
        ({"pose": person(), "skeleton": "h36m17", "frame": [1]}, None, "damaged"),
        (
            {"pose": person(), "skeleton": "h36m17", "track": 5 * [1], "tracks": ["a"]},
            None,
            "damaged",
        ),
        ({"pose": person(), "skeleton": "h36m17", "known": np.ones((5, 3))}, None, "damaged"),
        ({"pose": person(), "skeleton": "h36m17", "frame": 5 * ["a"]}, None, "damaged"),
    ],
)
def test_wrong_files_are_one_sentence(tmp_path, content, joints, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)) as caught:
        read_people(saved(tmp_path, **content), joints)
    assert "\n" not in str(caught.value)


def test_nobody_of_a_name_is_said_with_those_there_are(tmp_path):
    path = saved(tmp_path, a=person(), b=person())
    people, _ = read_people(path, "h36m17")
    with pytest.raises(InputError, match="shows no 'c', but a, b; name one of them with --track"):
        select_people(people, "c", path)


@pytest.mark.parametrize("name", ["frame", "track", "known", "trajectory", "fps"])
@pytest.mark.parametrize("value", [np.float64(3), np.zeros((3, 0)), np.array(["a", "b"])])
def test_an_entry_of_another_shape_is_refused(tmp_path, name, value):
    count = np.arange(3)
    content = {"pose": person(3), "frame": count, "track": 0 * count, "tracks": ["anna"]}
    path = saved(tmp_path, **content | {"skeleton": "h36m17", name: value})
    if name == "fps" and value.ndim == 0:
        assert read_people(path)[1] == 3
        return
    with pytest.raises(InputError, match=r"poses\.npz: damaged or of another program"):
        read_people(path)
