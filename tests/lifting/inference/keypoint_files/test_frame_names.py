"""Numbers of frames by their names."""

import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files.frame_names import frame_numbers


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["0.jpg", "2.jpg"], [0, 2]),
        (["cam2_000003.png", "cam2_000004.png"], [3, 4]),
        (["frame_3_of_20.jpg", "frame_11_of_20.jpg"], [3, 11]),
        (["7.jpg"], [7]),
        (["v_000000000012_keypoints", "v_000000000013_keypoints"], [12, 13]),
        (["take2_f1.mp4", "take2_f2.mp4"], [1, 2]),
    ],
)
def test_the_last_number_that_tells_all_apart(names, numbers):
    assert list(frame_numbers([*names, names[0]], "x").values()) == numbers


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["1.jpg", "a.jpg"], "x: 'a.jpg' holds no number of a frame"),
        (
            ["a/1.jpg", "b/1.jpg"],
            "x: 'a/1.jpg' and 'b/1.jpg' share a number; give the frames of one",
        ),
    ],
)
def test_names_that_tell_no_frame_are_refused(names, sentence):
    with pytest.raises(InputError, match=sentence):
        frame_numbers(names, "x")
