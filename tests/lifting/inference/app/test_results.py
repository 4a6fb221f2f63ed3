"""Results of lifted people: a page, and the files of the command."""

import base64
import json
import re

import numpy as np
import pytest

from datamodules.safe_load import load_npz
from lifting.inference.app.inputs import LiftedPerson
from lifting.inference.app.results import write_results
from lifting.inference.keypoint_files.track import track_from_points
from lifting.inference.prediction import Lifted
from tests.lifting.inference.keypoint_files import made_keypoints as made


def person(name, frames, fps=25.0, images=None):
    points = made.person(17, frames)
    points[0, 0, 2] = 0
    track = track_from_points(name, points, np.arange(frames), "coco17", made.SIZE, fps)
    pose = np.random.default_rng(len(name)).normal(size=(frames, 17, 3)).astype(np.float32)
    lifted = Lifted(300 * pose, np.ones((frames, 17), bool), "h36m17", None, fps)
    return LiftedPerson(track, lifted, images)


def clips(path):
    content = re.findall(r'id="clips">(.*?)</script>', path.read_text())[0]
    return json.loads(content)["clips"]


def test_everyone_is_on_the_page_and_in_the_files(tmp_path):
    people = [person("anna", 4), person("ben", 3, images=[b"\xff\xd8\xff"] * 3)]
    results = write_results(people, tmp_path, "walk")
    assert results.summary == "7 frames of 2 people (coco17)."
    names = ["walk_3d.npz", "walk_3d_anna.bvh", "walk_3d_ben.bvh", "walk_3d.html"]
    assert [path.name for path in results.files] == names
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())
    written = load_npz(results.files[0])
    np.testing.assert_array_equal(written["pose"][4:], people[1].lifted.pose)
    assert "Frames: 4" in results.files[1].read_text()
    first, second = clips(results.page)
    keypoints = np.frombuffer(base64.b64decode(first["keypoints"]["values"]), "<f4")
    missing = np.isnan(keypoints.reshape(4, 17, 2)).all(-1)
    assert np.argwhere(missing).tolist() == [[0, 0]]
    assert (first["name"], first["fps"], first["images"]) == ("anna", 25, None)
    assert second["images"] == ["data:image/jpeg;base64,/9j/"] * 3
    assert second["size"] == [1280, 720]


def test_how_much_is_missing_is_said(tmp_path):
    anna = person("anna", 4)
    anna.track.confidence[:, :8] = 0
    results = write_results([anna], tmp_path, "walk")
    assert results.summary == (
        "4 frames of 1 person (coco17). "
        "47% of the keypoints are missing, or of too little confidence."
    )


@pytest.mark.parametrize(
    ("frames", "fps", "said"),
    [
        (1, 25.0, "1 frame of 1 person (coco17)."),
        (3, None, "3 frames of 1 person (coco17). No BVH: anna: BVH holds frames per second"),
    ],
)
def test_what_cannot_be_animated_has_no_bvh(tmp_path, frames, fps, said):
    results = write_results([person("anna", frames, fps)], tmp_path, "one")
    assert results.summary.startswith(said)
    assert [path.name for path in results.files] == ["one_3d.npz", "one_3d.html"]


def test_of_a_crowd_some_are_shown_and_all_are_in_the_file(tmp_path):
    results = write_results([person(f"p{n}", 2) for n in range(30)], tmp_path, "crowd")
    assert results.summary.endswith("The first 20 are shown; the files hold all.")
    assert len(clips(results.page)) == 20
    assert load_npz(results.files[0])["tracks"].tolist()[-1] == "p29"
    assert len(results.files) == 2
