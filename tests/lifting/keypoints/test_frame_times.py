"""Times of frames: what containers round, what cameras leave out, and what is damaged."""

import numpy as np
import pytest
from scipy.interpolate import interp1d

from lifting.errors import InputError
from lifting.keypoints.frame_times import (
    at_times,
    checked_times,
    even_frames,
    even_rate,
    uneven,
)

# Ten frames at 30 per second, then ten at 10.
PHONE = np.concatenate([np.arange(11) / 30, 10 / 30 + np.arange(1, 10) / 10])


def test_times_that_a_container_rounds_are_those_of_the_rate():
    matroska = np.round(np.arange(20000) / 30, 3)
    assert uneven(matroska, 30.0) is None
    assert even_rate(matroska) == pytest.approx(30, rel=1e-5)
    assert uneven(PHONE, 20 / PHONE[-1]) is PHONE
    # Even, and at another rate than the file says.
    assert uneven(matroska, 25.0) is matroska
    assert uneven(None, 25.0) is uneven(None, None) is None
    assert uneven(PHONE, None) is PHONE


def test_rate_is_that_of_the_camera_where_frames_are_left_out():
    assert even_rate(PHONE) == pytest.approx(30)
    assert even_rate(np.delete(np.arange(200) / 60, [20, 21, 90, 150])) == pytest.approx(60)
    rounded = np.round(np.delete(np.arange(200) / 60, [20, 21, 90, 150]), 3)
    assert even_rate(rounded) == pytest.approx(60, rel=0.03)
    assert even_rate(PHONE[:1]) is None
    # A clock that jumps by a day makes no grid of millions of frames.
    jumped = np.concatenate([np.arange(50) / 30, 86400 + np.arange(50) / 30])
    assert len(even_frames(jumped, even_rate(jumped))) <= 1001


def test_even_frames_begin_and_end_with_the_times():
    np.testing.assert_array_equal(even_frames(PHONE, 30.0), np.arange(38))
    np.testing.assert_array_equal(even_frames(PHONE[4:6], 30.0), [4, 5])
    np.testing.assert_array_equal(even_frames(PHONE[4:5], 30.0), [4])


def test_values_between_are_those_of_another_interpolation():
    values = np.random.default_rng(0).normal(size=(20, 3, 2))
    wanted = np.linspace(-0.1, 1.4, 77)
    linear = interp1d(PHONE, values, axis=0)(wanted.clip(PHONE[0], PHONE[-1]))
    np.testing.assert_allclose(at_times(values, PHONE, wanted), linear, atol=1e-12)
    np.testing.assert_array_equal(at_times(values, PHONE, PHONE), values)
    np.testing.assert_array_equal(at_times(values[:1], PHONE[:1], wanted[:3]), values[[0, 0, 0]])


def test_nothing_is_made_up_beside_what_is_not_known():
    values = np.arange(20.0)
    values[12] = np.nan
    grid = np.arange(38) / 30
    lost = np.isnan(at_times(values, PHONE, grid))
    # Frame 12 is shown at 16 thirtieths, between 13 and 19 of them.
    np.testing.assert_array_equal(np.flatnonzero(lost), np.arange(14, 19))


@pytest.mark.parametrize(
    "times", [[0, 1], [0, 1, 1], [0, 2, 1], [0, 1, np.nan], "abc", [[0, 1, 2]]]
)
def test_times_that_are_none_are_refused(times):
    with pytest.raises(InputError, match="times are not 3 seconds that rise"):
        checked_times(times, 3)


def test_times_are_seconds_of_each_frame():
    assert checked_times(None, 3) is None
    np.testing.assert_array_equal(checked_times([0, 1, 3], 3), [0.0, 1.0, 3.0])
