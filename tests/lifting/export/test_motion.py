from dataclasses import replace

import numpy as np
import pytest

from lifting.errors import InputError
from tests.lifting.export.made_motion import motion


def test_positions_are_metres_with_y_up_and_z_towards_the_camera():
    person = motion()
    for frame, joint in ((0, 0), (4, 16)):
        x, y, z = person.pose[frame, joint] + person.trajectory[frame]
        wanted = (x / 1000, -y / 1000, -z / 1000)
        np.testing.assert_allclose(person.positions[frame, joint], wanted, rtol=1e-5)
    still = motion(trajectory=None)
    np.testing.assert_allclose(still.positions[2, 1, 1], -still.pose[2, 1, 1] / 1000, rtol=1e-5)


def test_a_missing_rate_is_refused():
    for fps in (None, np.nan, 0.0):
        with pytest.raises(InputError, match=f"person0: TRC holds frames per second, .*{fps}"):
            motion(fps=fps).rate("TRC")


def test_motion_at_even_times_goes_through_the_frames_that_there_are():
    """Somebody who walks along a line, at frames of 30 and then of 10 per second."""
    times = np.concatenate([np.arange(3) / 30, 2 / 30 + np.arange(1, 3) / 10])
    person = motion(frames=5)
    line = (1000 * times[:, None] * [1, 0, 2]).astype(np.float32)
    person = replace(person, pose=0 * person.pose + 1, trajectory=line, times=times)
    even = person.even(30.0)
    np.testing.assert_array_equal(even.frames, np.arange(9))
    assert (even.fps, even.times, person.even(None)) == (30.0, None, person)
    np.testing.assert_allclose(even.trajectory[:, 2], 2000 * np.arange(9) / 30, rtol=1e-5)
    # One joint is not known in the second frame, and beside it.
    assert np.isnan(even.pose[:, 3]).all(-1).tolist() == [False, True] + 7 * [False]
    known = person.known[2] & person.known[3]
    np.testing.assert_array_equal(even.known[3], known)
    np.testing.assert_array_equal(even.known[[0, 2, 5, 8]], person.known[[0, 2, 3, 4]])
    np.testing.assert_allclose(even.seconds, np.arange(9) / 30)
    assert person.seconds is times
