"""The history of keypoints: windows by time, held gaps, people who come and go."""

import numpy as np
import pytest

from lifting.inference.live_history import KeypointHistory

TWO = np.ones(2)


def at(x):
    """Two keypoints, the second of which goes backwards."""
    return np.array([[x, 2 * x], [-x, 5.0]], float)


def added(history, times, places=None, confidence=TWO):
    for time, place in zip(times, times if places is None else places, strict=True):
        history.add(time, at(place), confidence)
    return history.window()


def test_frames_without_a_rate_are_taken_as_they_come():
    history = KeypointHistory(3, None, 9)
    assert added(history, [1.0])[0][:, 0, 0].tolist() == [1, 1, 1]
    assert added(history, [2.5])[0][:, 0, 0].tolist() == [1, 1, 2.5]
    assert added(history, [2.6, 4.0])[0][:, 0, 0].tolist() == [2.5, 2.6, 4]
    assert len(history) == 3


@pytest.mark.parametrize("rate", [7.0, 25.0, 61.3])
def test_frames_at_other_times_are_interpolated_to_the_rate(rate):
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.01, 0.06, 80))
    places = rng.normal(size=80)
    history = KeypointHistory(9, rate, 9)
    for n, time in enumerate(times):
        history.add(time, at(places[n]), TWO)
        points, _ = history.window()
        wanted = np.interp(time - np.arange(8, -1, -1) / rate, times[: n + 1], places[: n + 1])
        np.testing.assert_allclose(points, np.stack([at(x) for x in wanted]), atol=1e-12)
    # No more is kept than the window needs.
    assert len(history) <= 8 / rate / 0.01 + 2
    assert times[-len(history)] <= times[-1] - 8 / rate < times[1 - len(history)]


def test_frames_at_the_rate_are_those_that_were_added():
    history = KeypointHistory(4, 30.0, 9)
    places = np.random.default_rng(0).normal(size=50)
    for n, place in enumerate(places):
        history.add(1e4 + n / 30, at(place), TWO)
        rows = np.maximum(np.arange(n - 3, n + 1), 0)
        np.testing.assert_allclose(history.window()[0][:, 0, 0], places[rows], atol=1e-7)


@pytest.mark.parametrize("rate", [None, 10.0])
def test_gaps_are_held_and_what_is_seen_late_was_there_before(rate):
    history = KeypointHistory(5, rate, 9)
    first, second = np.array([1.0, 0]), np.array([0, 0.5])
    history.add(0.0, at(1), first)
    assert np.isnan(history.window()[0][:, 1]).all()
    for time, seen in ((0.1, first), (0.2, second), (0.3, second), (0.4, TWO)):
        history.add(time, at(1 + 10 * time), seen)
    points, confidence = history.window()
    np.testing.assert_allclose(points[:, 0, 0], [1, 2, 2, 2, 5])
    np.testing.assert_allclose(points[:, 1, 0], [-3, -3, -3, -4, -5])
    np.testing.assert_allclose(confidence, [first, first, second, second, TWO])


def test_from_what_is_not_seen_nothing_is_interpolated():
    history = KeypointHistory(2, 10.0, 9)
    history.add(0.0, at(1), np.array([0.4, 0.8]))
    history.add(0.2, at(3), np.array([0.0, 0.4]))
    points, confidence = history.window()
    # Halfway: the first keypoint is as in the nearest frame, the second between both.
    np.testing.assert_allclose(points[0], [[1, 2], [-2, 5]])
    np.testing.assert_allclose(confidence, [[0, 0.6], [0, 0.4]])


def test_who_was_away_for_long_is_somebody_new():
    history = KeypointHistory(3, None, 0.5)
    added(history, [0.0, 0.2])
    history.add(0.4, at(9), np.zeros(2))
    assert history.window()[0][:, 0, 0].tolist() == [0, 0.2, 0.2]
    assert added(history, [0.7])[0][:, 0, 0].tolist() == [0.2, 0.2, 0.7]
    assert added(history, [1.3])[0][:, 0, 0].tolist() == [1.3, 1.3, 1.3]
    history.clear()
    assert (len(history), history.last_time) == (0, -np.inf)
