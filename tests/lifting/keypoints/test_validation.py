"""Keypoints as arrays: what is refused, and what is taken as not seen."""

import warnings

import numpy as np
import pytest

from lifting.errors import InputError, InputWarning
from lifting.keypoints.validation import plausible, validate_keypoints

SIZE = (1000.0, 1000.0)


@pytest.fixture
def people():
    """Keypoints of ten frames, pixels, COCO."""
    return np.random.default_rng(0).uniform(300, 600, (10, 17, 2))


def test_pixels_are_taken_as_they_are(people):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        person = plausible(validate_keypoints(people, None, "coco17"), SIZE)
    np.testing.assert_array_equal(person.points.numpy(), people)
    assert person.seen.all()


def test_impossible_keypoints_are_not_seen_and_warned_of(people):
    people[3, 5, 0] = 1e9
    people[4:6] = 500
    with pytest.warns(InputWarning) as told:
        person = plausible(validate_keypoints(people, None, "coco17"), SIZE, "walk.json")
    assert [str(warning.message).partition(" on ")[0] for warning in told] == [
        "walk.json: left shoulder lies far outside the image of 1000 x 1000 pixels",
        "walk.json: all keypoints lie in one point",
    ]
    expected = np.ones((10, 17), bool)
    expected[3, 5] = expected[4:6] = False
    np.testing.assert_array_equal(person.seen.numpy(), expected)


def test_whoever_is_impossible_throughout_is_refused(people):
    people[:] = 500
    person = validate_keypoints(people, None, "coco17")
    message = "^keypoints: nobody is left: all keypoints lie in one point on 10 of 10 frames"
    with pytest.raises(InputError, match=message):
        plausible(person, SIZE)
    people[:] = -1e9
    person = validate_keypoints(people, None, "coco17")
    with pytest.raises(InputError, match="nobody is left: 17 of 17 keypoints lie far outside"):
        plausible(person, SIZE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda k: k[..., :1], "give \\(frames, 17, 2\\)"),
        (lambda k: k[:, :16], "have 16 joints, 'coco17' has 17"),
        (lambda k: k / 1000, "give pixels, not normalised"),
        (lambda k: k * np.nan, "show nobody"),
        (lambda k: k.astype(str), "are no array of numbers"),
    ],
)
def test_what_are_no_pixels_is_refused(people, change, message):
    with pytest.raises(InputError, match=message):
        validate_keypoints(change(people), None, "coco17")
