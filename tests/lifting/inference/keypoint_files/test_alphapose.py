"""AlphaPose's further formats, and frames whose names hold several numbers."""

import numpy as np
import pytest

from lifting.inference.keypoint_files import read_tracks
from lifting.inference.options import ReadOptions
from tests.lifting.inference.keypoint_files import made_keypoints as made

POSE = made.person(18)


@pytest.mark.parametrize(("many", "key"), [("bodies", "joints"), ("people", "pose_keypoints_2d")])
def test_formats_cmu_and_open(many, key, tmp_path):
    frames = {
        f"{t}.jpg": {"version": "AlphaPose v0.3", many: [{key: made.flat(p)}]}
        for t, p in enumerate(POSE)
    }
    (track,) = read_tracks(made.write(tmp_path / "a.json", frames), ReadOptions())
    assert track.skeleton == "openpose18"
    np.testing.assert_allclose(track.keypoints, POSE[..., :2])


def test_frames_of_a_number_of_frames(tmp_path):
    people = [(t, p, 1) for t, p in enumerate(made.person(17))]
    path = made.alphapose(tmp_path / "a.json", people, "frame_{}_of_20.jpg")
    assert read_tracks(path, ReadOptions())[0].frames.tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.real
@pytest.mark.parametrize("name", ["alphapose_names", "bom"])
def test_real_cases(cases, name):
    path = cases / f"common_files_that_are_not_read/{name}.json"
    (track,) = read_tracks(path, ReadOptions(width=1920, height=1080))
    assert (track.skeleton, track.frames.tolist()) == ("coco17", list(range(20)))
