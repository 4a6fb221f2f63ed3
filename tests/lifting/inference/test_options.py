"""Options of lifting: refused where they are out of range, the same for a file as for arrays."""

from dataclasses import replace

import numpy as np
import pytest

from lifting.errors import InputError
from lifting.inference.keypoint_files import KeypointTrack
from lifting.inference.options import LiftOptions, ReadOptions, pop_options
from lifting.inference.prediction import lift, lift_track
from tests.lifting.inference.keypoint_files import made_keypoints as made
from tests.lifting.made_checkpoints import make

POINTS = made.person(17, 8)
TRACK = KeypointTrack(
    "anna", np.arange(8), POINTS[..., :2], POINTS[..., 2], "coco17", made.SIZE, 50.0
)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"fps": 0}, "fps is 0: give frames per second"),
        ({"fps": float("inf")}, "fps is inf"),
        ({"fps": float("nan")}, "fps is nan"),
        ({"smooth": "tea"}, "no smoothing 'tea'; known are one_euro, savgol, none"),
        ({"dilation": 0}, "dilation is 0: give at least 1"),
        ({"batch_frames": -3}, "batch_frames is -3: give at least 1"),
    ],
)
def test_values_out_of_range_are_refused(values, sentence):
    with pytest.raises(InputError, match=sentence):
        LiftOptions(**values)


def test_one_side_of_the_images_alone_is_refused():
    assert ReadOptions(width=4.0, height=3.0).size == (4.0, 3.0)
    assert ReadOptions().size is None
    with pytest.raises(InputError, match="Width and height go together"):
        ReadOptions(height=3.0)


def test_options_are_taken_out_but_for_those_that_another_dataclass_has_too():
    options = {"width": 4.0, "height": 3.0, "fps": 25.0, "other": 1}
    assert pop_options(ReadOptions, options, "height").size == (4.0, 3.0)
    assert options == {"height": 3.0, "fps": 25.0, "other": 1}


def test_track_is_lifted_as_its_arrays_at_its_own_rate_or_at_that_of_the_options():
    lifter = make("video_pose_3d")
    for fps, rate in ((None, 50.0), (25.0, 25.0)):
        options = LiftOptions(fps, smooth="one_euro", trajectory=True)
        lifted = lift_track(TRACK, lifter, options, "walk.json")
        expected = lift(
            POINTS, lifter, size=made.SIZE, fps=rate, smooth="one_euro", trajectory=True
        )
        np.testing.assert_array_equal(lifted.pose, expected.pose)
        np.testing.assert_array_equal(lifted.trajectory, expected.trajectory)
        assert lifted.fps == rate


def test_what_is_wrong_with_a_track_names_file_and_person():
    lifter = make("video_pose_3d")
    for track, sentence in (
        (replace(TRACK, fps=None), "^walk.json: anna: one_euro depends on the frame rate"),
        (replace(TRACK, skeleton="tea"), "^walk.json: anna: .*'tea'"),
        (replace(TRACK, size=None), "^walk.json: does not tell how large the images are; give"),
    ):
        with pytest.raises(InputError, match=sentence):
            lift_track(track, lifter, LiftOptions(smooth="one_euro"), "walk.json")
