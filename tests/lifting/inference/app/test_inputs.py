"""Files in, lifted people out: the same as the command on keypoint files has."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lifting.errors import InputError
from lifting.inference.app import inputs
from lifting.inference.app.inputs import lift_file
from lifting.inference.detectors.interfaces import Detection
from lifting.inference.detectors.options import DetectorOptions
from lifting.inference.options import LiftOptions, ReadOptions
from lifting.inference.prediction import lift
from lifting.methods import VideoPose3D
from tests.datamodules.made_videos import write_frames
from tests.lifting.inference.keypoint_files import made_keypoints as made
from tests.lifting.made_checkpoints import make
from tests.made_dots import CROP, layout, paint, walk

PEOPLE = [made.person(17, 8, seed, at=(300 + 500 * seed, 350)) for seed in range(2)]
FILMED = (320, 240)
SIZED = ReadOptions(**made.SIDES)


@pytest.fixture(scope="module")
def lifter():
    return make("video_pose_3d")


@pytest.fixture(scope="module")
def detector_options(dot_models):
    return DetectorOptions(str(dot_models / "dots.ckpt"), crop=CROP, device="cpu")


@pytest.fixture
def video(tmp_path):
    people = [(t, PEOPLE[who][t], None) for t in range(8) for who in range(2)]
    return made.alphapose(tmp_path / "walk.json", people)


def test_everyone_in_a_keypoint_file_is_lifted(video, lifter):
    lift_options = LiftOptions(fps=25.0, smooth="savgol", trajectory=True)
    people = lift_file(video, lifter, None, SIZED, lift_options)
    assert [person.track.name for person in people] == ["person0", "person1"]
    options = {"size": made.SIZE, "fps": 25.0, "smooth": "savgol", "trajectory": True}
    for person, points in zip(people, PEOPLE, strict=True):
        expected = lift(points, lifter, **options)
        np.testing.assert_allclose(person.lifted.pose, expected.pose, atol=1e-3)
        np.testing.assert_allclose(person.lifted.trajectory, expected.trajectory, rtol=1e-4)
        assert person.images is None


def test_photographs_of_keypoints_are_lifted_one_by_one(video, lifter):
    people = lift_file(video, lifter, None, replace(SIZED, stills=True), LiftOptions())
    assert len(people) == 16
    expected = lift(PEOPLE[0][3], lifter, size=made.SIZE)
    np.testing.assert_allclose(people[6].lifted.pose, expected.pose, atol=1e-3)


def test_person_on_a_photograph_is_seen_and_lifted(lifter, detector_options, tmp_path):
    points = layout(100, 50, 80, 150)
    Image.fromarray(paint(FILMED, [points])).save(tmp_path / "photo.png")
    (person,) = lift_file(
        tmp_path / "photo.png", lifter, detector_options, ReadOptions(), LiftOptions()
    )
    np.testing.assert_allclose(person.track.keypoints[0], points, atol=0.7)
    expected = lift(person.track.keypoints, lifter, skeleton="h36m17", size=FILMED)
    np.testing.assert_allclose(person.lifted.pose, expected.pose, atol=1e-3)
    assert person.images[0].startswith(b"\xff\xd8")


def test_keypoints_of_little_confidence_are_missing(tmp_path, monkeypatch):
    lifter = VideoPose3D(taps=[1], channels=16, missing=True)
    points = np.concatenate([layout(100, 50, 80, 150), np.full((17, 1), 0.5)], 1)
    points[3, 2] = 0.2

    class Tracker:
        skeleton = "h36m17"

        def track(self, frames):
            return [[Detection(0, points)] for _ in frames]

    monkeypatch.setattr(inputs, "tracker_of", lambda options: Tracker())
    Image.fromarray(paint(FILMED, [])).save(tmp_path / "photo.png")
    for least, seen in ((0.1, 17), (0.3, 16)):
        options = DetectorOptions("stub", least_confidence=least)
        (person,) = lift_file(tmp_path / "photo.png", lifter, options, ReadOptions(), LiftOptions())
        assert person.track.seen.sum() == seen


def test_person_on_a_video_is_followed_and_lifted(lifter, detector_options, tmp_path):
    truth = walk(24)[:6]
    path = write_frames(
        *(tmp_path / "film.mkv", (paint(FILMED, [points]) for points in truth), FILMED),
        times=[0, 50, 100, 150, 200, 400],
    )
    (person,) = lift_file(path, lifter, detector_options, ReadOptions(), LiftOptions())
    np.testing.assert_allclose(person.track.keypoints, truth, atol=1.0)
    assert person.lifted.pose.shape == (6, 17, 3)
    np.testing.assert_allclose(person.track.times, [0, 0.05, 0.1, 0.15, 0.2, 0.4], atol=1e-6)
    assert person.lifted.fps == person.track.fps > 10
    assert len(person.images) == 6


def test_fault_is_told_by_the_name_of_the_file_alone(video, lifter, detector_options, tmp_path):
    for name in ("film.mp4", "photo.jpg", "text.json"):
        (tmp_path / name).write_text("nothing of the kind")
    Image.new("RGB", (64, 64)).save(tmp_path / "empty.png")
    for name, detector, read_options, said in [
        ("walk.json", None, ReadOptions(), "give their width and height"),
        ("walk.json", None, replace(SIZED, skeleton="tea"), "'tea'"),
        ("gone.npz", None, SIZED, r"^gone\.npz: there is no such file"),
        ("text.json", None, SIZED, r"^text\.json: damaged"),
        ("photo.jpg", None, SIZED, r"^photo\.jpg: .* start the app with a detector"),
        ("photo.jpg", detector_options, SIZED, r"^photo\.jpg: damaged or no picture"),
        ("film.mp4", detector_options, SIZED, r"^film\.mp4: is no video"),
        ("empty.png", detector_options, SIZED, r"^empty\.png: nobody can be seen"),
    ]:
        with pytest.raises(InputError, match=said) as caught:
            lift_file(tmp_path / name, lifter, detector, read_options, LiftOptions())
        assert str(tmp_path) not in str(caught.value)
