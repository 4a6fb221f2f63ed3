"""The people that a rule chooses, of three whose boxes and frames are known."""

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.people.choosing import choose_people


def track(name, left, width, height, frames, first=0):
    """A person whose keypoints lie in a box, one of them outside and not seen."""
    rng = np.random.default_rng(len(name))
    points = rng.uniform([left, 100], [left + width, 100 + height], (frames, 17, 2))
    points[:, 0], points[:, 1] = (left, 100), (left + width, 100 + height)
    points[:, 2] = 9000.0
    confidence = np.ones((frames, 17))
    confidence[:, 2] = 0
    return KeypointTrack(name, np.arange(first, first + frames), points, confidence, "coco17")


# 100 x 200 for 40 frames, 300 x 400 for 5, 50 x 100 for 60.
TRACKS = [
    track("anna", 500, 100, 200, 40),
    track("ben", 100, 300, 400, 5),
    track("cleo, jr", 900, 50, 100, 60),
]


def chosen(people, tracks=TRACKS, **options):
    return [t.name for t in choose_people(tracks, people, "walk.mp4", **options)]


@pytest.mark.parametrize(
    ("people", "names"),
    [
        (None, ["anna", "ben", "cleo, jr"]),
        ("largest", ["anna"]),  # 800,000 to 600,000 to 300,000
        ("1", ["anna"]),
        ("2", ["anna", "ben"]),
        ("9", ["anna", "ben", "cleo, jr"]),
        ("longest", ["cleo, jr"]),
        ("left", ["ben"]),
        ("right", ["cleo, jr"]),
        ("ben", ["ben"]),
        ("ben, anna", ["anna", "ben"]),
        ("cleo, jr", ["cleo, jr"]),
    ],
)
def test_rules_and_names(people, names):
    assert chosen(people) == names


def test_on_photographs_the_rule_holds_on_each():
    stills = [
        track("a0", 0, 10, 10, 1, first=3),
        track("a1", 500, 20, 20, 1, first=3),
        track("b0", 300, 90, 90, 1, first=8),
        track("b1", 200, 20, 20, 1, first=8),
        track("c0", 200, 20, 20, 1, first=5),
    ]
    assert chosen("largest", stills, stills=True) == ["a1", "b0", "c0"]
    assert chosen("left", stills, stills=True) == ["a0", "b1", "c0"]
    assert chosen("2", stills, stills=True) == [t.name for t in stills]
    assert chosen("largest", stills) == ["b0"]


def test_who_is_not_seen_is_chosen_last():
    nobody = track("nobody", 0, 10, 10, 3)
    nobody.confidence[:] = 0
    assert chosen("largest", [nobody, TRACKS[2]]) == ["cleo, jr"]


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        ("0", "--people is 0: give 1 or more, largest, longest, left, right, or names"),
        ("-2", "--people is -2"),
        ("bem", r"walk.mp4: shows no 'bem', but anna, ben, cleo, jr; did you mean --people ben\?"),
        ("lagrest", r"did you mean --people largest\?"),
        ("ben,zoe", "shows no 'zoe'.*give largest, longest, left, right, how many of the largest"),
    ],
)
def test_nobody_of_that_name_is_told(people, sentence):
    with pytest.raises(InputError, match=sentence):
        chosen(people)
