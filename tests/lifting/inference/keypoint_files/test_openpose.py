"""OpenPose's models by name and by number, and people of whom it found a face alone."""

import json

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from lifting.skeletons import skeleton
from tests.lifting.inference.keypoint_files import made_keypoints as made

WANTED = ReadOptions(**made.SIDES)
# OpenPose, include/openpose/pose/poseParametersRender.hpp: the names of BODY_25B and MPI.
BODY_25B = (
    "Nose LEye REye LEar REar LShoulder RShoulder LElbow RElbow LWrist RWrist LHip RHip LKnee RKnee "
    "LAnkle RAnkle UpperNeck HeadTop LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel"
)
MPI = (
    "Head Neck RShoulder RElbow RWrist LShoulder LElbow LWrist RHip RKnee RAnkle LHip LKnee LAnkle "
    "Chest"
)
OURS = {"UpperNeck": "neck_base", "HeadTop": "head_top", "Head": "head_top", "Neck": "neck"}


def ours(name):
    parts = {"L": "left_", "R": "right_"}
    if name in OURS or name == "Nose":
        return OURS.get(name, "nose")
    part = name[1:].replace("BigToe", "big_toe").replace("SmallToe", "small_toe")
    return parts[name[0]] + part.lower()


def standing(names, frames=6):
    """Somebody who stands, by the names of ours: places of a person of some width and height."""
    heights = {"ear": 0.06, "eye": 0.05, "shoulder": 0.18, "elbow": 0.36, "wrist": 0.52, "hip": 0.5}
    heights |= {"knee": 0.74, "ankle": 0.95, "toe": 0.99, "heel": 0.98}
    middles = {"nose": 0.07, "neck_base": 0.15, "neck": 0.15, "head_top": 0.0, "chest": 0.18}
    middles |= {"pelvis": 0.5, "spine": 0.34}
    points = np.zeros((frames, len(names), 3))
    for index, name in enumerate(names):
        side = {"left": 0.11, "right": -0.11}.get(name.split("_")[0], 0)
        part = name.split("_")[-1]
        height = middles[name] if name in middles else heights[part]
        points[:, index] = 640 + 400 * side, 100 + 500 * height, 0.9
    points[..., 0] += 4 * np.arange(frames)[:, None]
    return points


def written(folder, points):
    return made.openpose(folder, {t: [(p, -1)] for t, p in enumerate(points)})


def by_name(track):
    return dict(zip(skeleton(track.skeleton).joints, track.keypoints[0], strict=True))


def test_body_25b_is_named(tmp_path):
    names = [ours(name) for name in BODY_25B.split()]
    points = standing(names)
    folder = written(tmp_path / "b", points)
    with pytest.raises(
        InputError, match=r"25 points that are not in the order of 'openpose25'; name"
    ):
        read_tracks(folder, WANTED)
    (track,) = read_tracks(folder, ReadOptions(skeleton="openpose25b", **made.SIDES))
    found = by_name(track)
    for name, point in zip(names, points[0], strict=True):
        np.testing.assert_allclose(found[name], point[:2])
    hips = points[0, [names.index("left_hip"), names.index("right_hip")], :2]
    np.testing.assert_allclose(found["pelvis"], hips.mean(0))


def test_body_25_is_not_taken_for_it(tmp_path):
    points = standing(skeleton("openpose25").joints)
    (track,) = read_tracks(written(tmp_path / "b", points), WANTED)
    assert track.skeleton == "openpose25"
    # Whoever names it is believed.
    random = written(tmp_path / "c", made.person(25))
    assert read_tracks(random, ReadOptions(skeleton="openpose25", **made.SIDES))


def test_mpi(tmp_path):
    names = [ours(name) for name in MPI.split()[:-1]]
    points = standing([*names, "spine"])
    (track,) = read_tracks(written(tmp_path / "m", points), WANTED)
    found = by_name(track)
    assert set(found) == set(names)
    for name, point in zip(names, points[0], strict=False):
        np.testing.assert_allclose(found[name], point[:2])


@pytest.mark.parametrize(("count", "joints"), [(26, "halpe26"), (17, "coco17"), (133, "coco17")])
def test_files_of_pose2sim(count, joints, tmp_path):
    points = made.person(count)
    (track,) = read_tracks(written(tmp_path / "p", points), WANTED)
    assert track.skeleton == joints
    np.testing.assert_allclose(track.keypoints, points[:, : len(skeleton(joints)), :2])


def test_a_face_without_a_body_is_nobody(tmp_path):
    """Beside somebody, and alone."""
    points = standing(skeleton("openpose25").joints)
    folder = written(tmp_path / "f", points)
    paths = sorted(folder.glob("*.json"))
    face = {"person_id": [-1], "pose_keypoints_2d": [], "face_keypoints_2d": [1.0, 2.0, 0.9] * 70}
    for path, keep in ((paths[2], False), (paths[4], True)):
        content = json.loads(path.read_text())
        content["people"] = [face, *content["people"]] if keep else [face]
        made.write(path, content)
    (track,) = read_tracks(folder, WANTED)
    assert track.frames.tolist() == [0, 1, 3, 4, 5]


def test_faces_alone_are_nobody(tmp_path):
    with pytest.raises(InputError, match="shows nobody"):
        read_tracks(made.openpose(tmp_path / "json", {0: [([], -1)]}), ReadOptions())


@pytest.mark.real
def test_real_case(cases):
    folder = cases / "openpose_person_without_a_body/json"
    (track,) = read_tracks(folder, ReadOptions(width=1920, height=1080))
    assert track.name == "person0"
    assert track.contiguous(folder).seen.any(1).sum() == 8
    assert track.frames.tolist() == [0, 1, 3, 4, 5, 6, 8, 9]
