"""The windows that a recording of one's own is cut into."""

import numpy as np
import pytest

from lifting.inference.prediction import lift
from lifting.inference.window_choice import natural_dilation, windows_of
from lifting.windows import Windows
from tests.lifting.made_checkpoints import make

POINTS = np.random.default_rng(0).uniform(300, 600, (40, 17, 2))


def test_the_dilation_is_that_which_comes_nearest_to_training():
    lifter = make("video_pose_3d")
    assert natural_dilation(lifter, 120.0) == 1
    lifter.frame_rate = 50.0
    assert [natural_dilation(lifter, fps) for fps in (None, 10, 70, 80, 200)] == [1, 1, 1, 2, 4]


def test_windows_are_no_longer_than_a_recording():
    lifter = make("video_pose_3d")
    field = lifter.windows().receptive_field
    assert windows_of(lifter, 40) == Windows(field, 40)
    assert windows_of(lifter, 40, dilation=3) == Windows(field, 14, dilation=3)
    assert windows_of(lifter, 40, dilation=10**9) == Windows(field, 1, dilation=40)
    assert windows_of(lifter, 10**6) == lifter.windows()
    # What the lifter needs stays.
    chunks = make("mixste")
    assert windows_of(chunks, 4) == chunks.windows()


@pytest.mark.parametrize("name", ["video_pose_3d", "causal", "mixste"])
def test_beyond_a_recording_there_is_nothing_but_its_edge(name):
    lifter = make(name)
    poses = [lift(POINTS, lifter, size=(1000, 1000), dilation=n).pose for n in (40, 41, 10**12)]
    np.testing.assert_allclose(poses[1], poses[0], rtol=1e-4, atol=1e-2)
    np.testing.assert_allclose(poses[2], poses[0], rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("frames", [1, 7, 39])
def test_a_short_recording_is_lifted_as_in_a_long_chunk(frames, monkeypatch):
    lifter = make("video_pose_3d")
    short = lift(POINTS[:frames], lifter, size=(1000, 1000), dilation=3).pose
    monkeypatch.setattr("lifting.inference.window_choice.PREDICTION_CHUNK", 0)
    long = lift(POINTS[:frames], lifter, size=(1000, 1000), dilation=3).pose
    np.testing.assert_allclose(short, long, rtol=1e-4, atol=1e-2)
