"""One frame of a file, one clip of a store, one pose that is written down."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datamodules.store.clips import ClipKey, ClipWriter, StoreInfo
from lifting.cameras import nominal_camera
from lifting.errors import InputError
from lifting.inference.keypoint_files import parse_pose, read_track_frame
from lifting.inference.options import ReadOptions
from tests.lifting.inference.keypoint_files import made_keypoints as made

PEOPLE = [made.person(17, 12, seed, at=(300 + 500 * seed, 350)) for seed in range(2)]
WANTED = ReadOptions(**made.SIDES)


@pytest.fixture
def video(tmp_path):
    """Two people; nobody sees the second before frame 4, nor in frame 6."""
    people = [(t, PEOPLE[0][t], None) for t in range(12)]
    people += [(t, PEOPLE[1][t], None) for t in range(4, 12) if t != 6]
    return made.alphapose(tmp_path / "walk.json", people)


def pixels(example):
    return example.track.keypoints[example.row]


def test_frame_of_a_person_comes_with_every_frame_around_it(video):
    example = read_track_frame(video, WANTED, name="person1", frame=7)
    np.testing.assert_allclose(pixels(example), PEOPLE[1][7, :, :2])
    assert (example.frame, example.row) == (7, 3)
    assert example.track.frames.tolist() == list(range(4, 12))
    # The frame in which nobody sees it is there, and empty.
    assert not example.track.confidence[2].any()
    first = read_track_frame(video, WANTED)
    np.testing.assert_allclose(pixels(first), PEOPLE[0][0, :, :2])


def test_a_still_comes_alone(video, tmp_path):
    example = read_track_frame(video, ReadOptions(stills=True, **made.SIDES), frame=7)
    assert example.track.keypoints.shape == (1, 17, 2)
    np.testing.assert_allclose(pixels(example), PEOPLE[0][7, :, :2])
    np.savez(tmp_path / "a.npz", keypoints=PEOPLE[0], skeleton="coco17")
    example = read_track_frame(tmp_path / "a.npz", ReadOptions(stills=True, **made.SIDES), frame=3)
    np.testing.assert_allclose(example.track.keypoints, PEOPLE[0][3:4, :, :2])


def test_clip_of_a_store_comes_with_its_camera_and_the_truth(tmp_path):
    poses = (300 * np.random.default_rng(0).normal(size=(2, 12, 17, 3))).astype(np.float32)
    info = StoreInfo("h36m17", {"gt": "coco17", "mine": "coco17"}, "made up", "none")
    with ClipWriter(tmp_path / "s.h5", info) as store:
        store.add_camera("anna", "front", nominal_camera(*made.SIZE))
        for number, points in enumerate(PEOPLE):
            key = ClipKey("anna", f"walk {number}", "walk", "front", 25.0, 12)
            both = {name: points.astype(np.float32) for name in info.sources}
            store.add(key, both, poses[number], np.arange(12) * 5)
    path, wanted = tmp_path / "s.h5", ReadOptions(source="gt")
    example = read_track_frame(path, wanted, name="anna/walk 1", frame=10)
    np.testing.assert_allclose(pixels(example), PEOPLE[1][2, :, :2], atol=1e-3)
    np.testing.assert_array_equal(example.truth, poses[1, 2])
    assert (example.truth_skeleton, example.frame) == ("h36m17", 10)
    assert example.track.camera is not None
    assert read_track_frame(path, wanted).track.name == "anna/walk 0/front"
    for arguments, said in [
        ((ReadOptions(),), "several 2D sources; name one with --source: gt, mine"),
        ((wanted, "ben"), "no clip 'ben' of 'gt'; try anna/walk 0/front"),
        ((wanted, "anna", 7), "not on frame 7; it is on frames 0 to 55"),
        ((ReadOptions(source="gt", width=5.0, height=5.0),), "1280 x 720 px"),
    ]:
        with pytest.raises(InputError, match=said):
            read_track_frame(path, *arguments)


def test_pose_is_written_as_a_list_or_by_names():
    points = PEOPLE[0][0]
    example = parse_pose(json.dumps(points.tolist()), WANTED)
    np.testing.assert_array_equal(example.track.keypoints[0], points[:, :2])
    np.testing.assert_array_equal(example.track.confidence[0], points[:, 2])
    assert (example.track.skeleton, example.track.size) == ("coco17", made.SIZE)
    example = parse_pose('{"nose": [1, 2], "left_hip": [3.5, 4, 0.5]}', WANTED)
    assert np.flatnonzero(example.track.confidence[0]).tolist() == [0, 11]
    assert example.track.keypoints[0, 11].tolist() == [3.5, 4]
    assert example.track.confidence[0, 11] == 0.5
    listed = [None, *points[1:, :2].tolist()]
    assert parse_pose(json.dumps(listed), WANTED).track.confidence[0].tolist() == [0] + 16 * [1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[1, 2]", "is not valid JSON: give"),
        ("[[1, 2]]", "has 1 points, 'coco17' has 17 joints"),
        ("7", "has no list of points"),
        ('{"pelvis": [1, 2]}', "names 'pelvis', which 'coco17' has not; its joints are nose, "),
        ('{"nose": [1]}', r"point 0 is not \[x, y\]"),
        ('{"nose": ["1", 2]}', "point 0 is not"),
        ('{"nose": [true, 2]}', "point 0 is not"),
        ('{"nose": [1e400, 2]}', "holds the number 1e400"),
        ('{"left_eye": [1, 2, 30]}', "confidence is not from 0 to 1, but 30; scale it"),
        ("[" * 100_000, "is not valid JSON"),
    ],
)
def test_what_is_no_pose_is_said(text, said):
    with pytest.raises(InputError, match=f"--pose.* ?{said}"):
        parse_pose(text, WANTED)


def test_what_is_not_in_a_file_is_said(video):
    with pytest.raises(InputError, match="shows no 'anna', but person0, person1"):
        read_track_frame(video, WANTED, name="anna")
    with pytest.raises(InputError, match="'person1' is not on frame 6; it is on frames 4 to 11"):
        read_track_frame(video, WANTED, name="person1", frame=6)
    with pytest.raises(InputError, match="not of format npz"):
        read_track_frame(video, replace(WANTED, format="npz"))
    with pytest.raises(InputError, match="there is no such file"):
        read_track_frame(Path("gone.json"), WANTED)
