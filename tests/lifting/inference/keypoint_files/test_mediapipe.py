"""Landmarks of MediaPipe in the words of JavaScript, and what stands beside them."""

import numpy as np
import pytest

from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from tests.lifting.inference.keypoint_files import made_keypoints as made

POINTS = made.person(33)
LANDMARKS = [made.landmarks(p) for p in POINTS]
WORLD = [{"x": 0.0, "y": 0.0, "z": 0.0, "visibility": 1.0}] * 33
SIZED = ReadOptions(**made.SIDES)


@pytest.mark.parametrize(
    "frames",
    [
        [{"poseLandmarks": frame, "poseWorldLandmarks": WORLD} for frame in LANDMARKS],
        [{"landmarks": [frame], "worldLandmarks": [WORLD]} for frame in LANDMARKS],
        [{"poseLandmarks": None}, *({"poseLandmarks": frame} for frame in LANDMARKS[1:])],
    ],
)
def test_javascript(frames, tmp_path):
    (track,) = read_tracks(made.write(tmp_path / "m.json", frames), SIZED)
    first = 0 if len(track.frames) == 6 else 1
    assert (track.skeleton, track.frames.tolist()) == ("mediapipe33", list(range(first, 6)))
    np.testing.assert_allclose(track.keypoints, POINTS[first:, :, :2], atol=1e-3)


def test_visibility_that_is_null_is_that_of_a_landmark_that_is_there(tmp_path):
    frames = [[landmark | {"visibility": None} for landmark in frame] for frame in LANDMARKS]
    (track,) = read_tracks(made.write(tmp_path / "m.json", frames), SIZED)
    assert (track.confidence == 1).all()
    present = [[landmark | {"presence": 0.7} for landmark in frame] for frame in frames]
    (track,) = read_tracks(made.write(tmp_path / "m.json", present), SIZED)
    assert (track.confidence == 0.7).all()


def test_what_stands_beside_the_frames_is_used(tmp_path):
    around = {"fps": 30, "width": made.SIZE[0], "height": made.SIZE[1], "frames": LANDMARKS}
    (track,) = read_tracks(made.write(tmp_path / "m.json", around), ReadOptions())
    assert (track.fps, track.size) == (30.0, made.SIZE)
    np.savez(
        tmp_path / "m.npz",
        **{"landmarks": made.shares(POINTS), "size": made.SIZE, "fps": 30},
        frame=np.arange(4, 10),
    )
    (track,) = read_tracks(tmp_path / "m.npz", ReadOptions())
    assert (track.fps, track.size, track.frames[0]) == (30.0, made.SIZE, 4)


def test_one_frame(tmp_path):
    path = made.write(tmp_path / "m.json", {"poseLandmarks": LANDMARKS[0]})
    (track,) = read_tracks(path, SIZED)
    np.testing.assert_allclose(track.keypoints, POINTS[:1, :, :2], atol=1e-3)


@pytest.mark.parametrize(("away", "count"), [(20, 1), (250, 2)])
def test_who_is_small_and_far_away_is_somebody_new(away, count, tmp_path):
    """People of a seventh of the image's height, a fifth of its width apart."""
    body = np.concatenate([100 * np.random.default_rng(0).random((33, 2)), np.ones((33, 1))], 1)
    here, there = (np.array([400 + x, 300, 0]) for x in (0, away))
    frames = [body + here] * 5 + [body + there] * 5
    path = made.write(tmp_path / "m.json", [made.landmarks(points) for points in frames])
    tracks = read_tracks(path, SIZED)
    assert [track.name for track in tracks] == [f"person{n}" for n in range(count)]
    np.testing.assert_allclose(tracks[-1].keypoints[-1], frames[-1][:, :2])
    assert {track.size for track in tracks} == {made.SIZE}


@pytest.mark.real
@pytest.mark.parametrize("name", ["mediapipe_js", "mediapipe_null"])
def test_real_cases(cases, name):
    path = cases / f"common_files_that_are_not_read/{name}.json"
    (track,) = read_tracks(path, ReadOptions(width=1920, height=1080))
    assert (track.skeleton, track.frames.tolist()) == ("mediapipe33", list(range(20)))
    assert track.seen.all()
    np.testing.assert_allclose(track.keypoints[0, 0], [0.4374 * 1920, 0.4117 * 1080])
