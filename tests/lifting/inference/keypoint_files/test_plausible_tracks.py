"""People of a file, without the keypoints that nobody can have."""

from dataclasses import replace

import numpy as np
import pytest

from lifting.cameras import nominal_camera
from lifting.errors import InputError, InputWarning
from lifting.inference.keypoint_files.plausible_tracks import plausible_tracks
from lifting.inference.keypoint_files.track import KeypointTrack
from lifting.skeletons import skeleton
from tests.lifting.keypoints.test_orientation import walking


def track(name, **options):
    points = np.random.default_rng(0).uniform(300, 600, (10, 17, 2))
    frames = np.arange(20, 30)
    return KeypointTrack(name, frames, points, np.full((10, 17), 0.5), "coco17", **options)


def broken(name, **options):
    person = track(name, **options)
    person.keypoints[:] = 500
    return person


def test_people_are_named_with_the_numbers_of_their_frames():
    person = track("ben", size=(1000.0, 800.0))
    person.keypoints[2, 5] = 1e9
    with pytest.warns(InputWarning) as told:
        anna, ben = plausible_tracks([track("anna"), person], "walk.json")
    (warning,) = told
    begin = (
        "walk.json: ben: left shoulder lies far outside the image of 1000 x 800 pixels on 1 of 10 "
    )
    assert str(warning.message).startswith(f"{begin}frames (22) and is taken as not seen; ")
    assert (anna.confidence == 0.5).all()
    assert ben.confidence[2, 5] == 0
    assert (ben.confidence > 0).sum() == 169


def test_a_camera_tells_the_size():
    person = track("ben", camera=nominal_camera(20.0, 16.0))
    with pytest.raises(InputError, match=r"nobody is left: 17 of 17 .* of 20 x 16 pixels"):
        plausible_tracks([person], "walk.json")


def test_whoever_has_nothing_left_is_left_out():
    with pytest.warns(InputWarning, match="ben: all keypoints lie in one point"):
        (anna,) = plausible_tracks([track("anna"), broken("ben")], "walk.json")
    assert anna.name == "anna"
    with pytest.raises(
        InputError, match=r"^walk\.json: ben: nobody is left: all keypoints lie in one"
    ):
        plausible_tracks([broken("ben")], "walk.json")


def test_left_and_right_that_are_exchanged_are_warned_of_and_kept():
    points, seen = walking("halpe26", 30)
    walk = KeypointTrack("ben", np.arange(30), points, seen * 1.0, "halpe26")
    assert plausible_tracks([walk], "walk.json")[0].seen.sum() == seen.sum()
    mirror = list(skeleton("halpe26").mirror)
    wrong = replace(walk, keypoints=points[:, mirror], confidence=seen[:, mirror] * 1.0)
    with pytest.warns(
        InputWarning, match=r"^walk\.json: ben: the feet fit a person better whose left"
    ):
        [kept] = plausible_tracks([wrong], "walk.json")
    assert kept.seen.sum() == seen.sum()


def test_of_a_crowd_few_are_named():
    people = [track("0"), *(broken(f"{number}") for number in range(1, 9))]
    with pytest.warns(InputWarning) as told:
        plausible_tracks(people, "walk.json")
    assert len(told) == 4
    assert str(told[-1].message) == "walk.json: 5 more people have keypoints that nobody can have"
