"""The page of lifted people, by what it holds."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.people_page import shown_person, write_people_page
from lifting.inference.prediction import Lifted
from lifting.viz.people_page import MOST_PEOPLE
from tests.lifting.viz.test_level import STANDING, people

RNG = np.random.default_rng(0)


def person(name="one", frames=4, first=0, trajectory=True, **more):
    points = RNG.random((frames, 33, 2)) * 300
    confidence = np.ones((frames, 33))
    confidence[1, 5] = 0
    options = {"size": (640, 480), "fps": 50.0} | more
    numbers = np.arange(first, first + frames)
    track = KeypointTrack(name, numbers, points, confidence, "mediapipe33", **options)
    pose = RNG.normal(size=(frames, 17, 3)).astype(np.float32)
    root = RNG.normal(size=(frames, 3)).astype(np.float32) if trajectory else None
    lifted = Lifted(pose, np.ones((frames, 17), bool), "h36m17", root, options["fps"])
    return track, lifted


def written(path, *people, **options):
    write_people_page(path, "A & B", *zip(*people, strict=True), **options)
    text = path.read_text()
    (data,) = re.findall(r'<script type="application/json" id="clips">(.*?)</script>', text, re.S)
    (clip,) = json.loads(data)["clips"]
    return clip, text


def test_people_are_in_one_room_beside_their_keypoints(tmp_path):
    clip, text = written(tmp_path / "a.html", person(), person("two", first=2))
    assert [method["name"] for method in clip["methods"]] == ["one", "two"]
    assert clip["frames"] == [0, 1, 2, 3, 4, 5]
    assert (clip["fps"], clip["size"], clip["keypoints"]["joints"]) == (
        50,
        [640, 480],
        "mediapipe33 + mediapipe33",
    )
    assert clip["room"]["reach"] > 0
    assert "<h1>A &amp; B</h1>" in text
    assert "mediapipe33" in text


def test_keypoints_that_were_not_seen_are_left_out():
    track, lifted = person()
    shown = shown_person(track, lifted)
    assert np.isnan(shown.keypoints).any(-1).nonzero()[0].tolist() == [1]
    np.testing.assert_array_equal(shown.keypoints[0], track.keypoints[0])
    assert shown.trajectory is lifted.trajectory


def test_without_trajectories_people_stand_side_by_side(tmp_path):
    clip, _ = written(tmp_path / "a.html", person(trajectory=False), person("two"))
    assert clip["room"] is None
    assert clip["methods"][1]["trajectory"] is not None


def test_photographs_follow_one_another_slowly_and_rates_that_are_not_told_are_usual(tmp_path):
    nameless = person(fps=None)
    assert written(tmp_path / "a.html", nameless, stills=True)[0]["fps"] == 1
    assert written(tmp_path / "a.html", nameless)[0]["fps"] == 25


@pytest.mark.parametrize("stills", [False, True])
def test_a_tilted_camera_is_told_of_one_recording_and_not_of_photographs(tmp_path, stills):
    track, lifted = person(frames=12)
    lifted = replace(lifted, pose=people(STANDING, 12, (25, 0)).astype(np.float32))
    clip, text = written(tmp_path / "a.html", (track, lifted), stills=stills)
    assert ("The camera is tilted" in text, clip["level"] is not None) == (not stills, not stills)


def test_a_crowd_is_counted(tmp_path):
    people = [person(f"p{n}", 2 + n) for n in range(MOST_PEOPLE + 2)]
    clip, text = written(tmp_path / "a.html", *people)
    assert len(clip["methods"]) == MOST_PEOPLE
    assert "6 of 8 people" in text


def test_where_nothing_can_be_written_that_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        written(tmp_path / "file" / "a.html", person())
