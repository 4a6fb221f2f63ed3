import math

import numpy as np
import pytest
import torch

from lifting.errors import InputError
from lifting.inference.options import SMOOTHING
from lifting.inference.smoothing import OneEuro, one_euro, savitzky_golay, smooth

FPS = 50.0


def ramp(frames=400, speed=(300.0, -400.0, 0.0)):
    """One joint that moves 500 mm a second along a line, from frame 0 on."""
    return torch.arange(frames).double()[:, None, None] / FPS * torch.tensor(speed).double()


def noisy(frames=200, joints=4):
    generator = torch.Generator().manual_seed(0)
    return 300 * torch.randn(frames, joints, 3, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("method", SMOOTHING)
def test_what_stands_still_stays(method):
    still = noisy(1).expand(60, 4, 3).clone()
    torch.testing.assert_close(smooth(still, method, FPS), still)


@pytest.mark.parametrize("method", SMOOTHING)
@pytest.mark.parametrize("frames", [1, 2, 3, 10])
def test_a_few_frames_are_enough(method, frames):
    assert smooth(noisy(frames), method, FPS).shape == (frames, 4, 3)


@pytest.mark.parametrize(("min_cutoff", "beta"), [(1.0, 0.0), (1.5, 0.01), (3.0, 0.002)])
def test_one_euro_lags_behind_a_ramp_as_its_cutoff_says(min_cutoff, beta):
    line = ramp()
    lag = line[-1] - one_euro(line, FPS, min_cutoff, beta)[-1]
    seconds = 1 / (2 * math.pi * (min_cutoff + beta * 500))
    expected = seconds * torch.tensor([[300.0, -400.0, 0.0]]).double()
    torch.testing.assert_close(lag, expected, rtol=1e-6, atol=1e-6)


def test_one_euro_without_beta_is_a_first_order_low_pass():
    points, share = noisy(), 1 / (1 + FPS / (2 * math.pi * 2.0))
    expected = np.empty_like(points.numpy())
    expected[0] = points[0]
    for frame in range(1, 200):
        expected[frame] = (1 - share) * expected[frame - 1] + share * points[frame].numpy()
    np.testing.assert_allclose(one_euro(points, FPS, 2.0, 0.0).numpy(), expected, rtol=1e-10)


def test_one_euro_takes_points_as_they_come_at_any_rate():
    smoother, points = OneEuro(), noisy().numpy()
    as_they_come = np.stack([smoother(point, 1 / FPS) for point in points])
    np.testing.assert_allclose(as_they_come, one_euro(noisy(), FPS).numpy())
    smoother.reset()
    np.testing.assert_array_equal(smoother(points[5], 0.5), points[5])
    # Without the speed, a low pass whose share grows with the time that has passed.
    low, value, rng = OneEuro(2.0, 0.0), points[0], np.random.default_rng(0)
    low(points[0], 1.0)
    for point, seconds in zip(points[1:], rng.uniform(0.01, 0.1, 199), strict=True):
        share = 1 / (1 + 1 / (2 * math.pi * 2.0 * seconds))
        value = (1 - share) * value + share * point
        np.testing.assert_allclose(low(point, seconds), value, rtol=1e-9)


def test_one_euro_does_not_depend_on_the_axes_nor_on_the_frames_to_come():
    points = noisy()
    turn = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64)).Q
    torch.testing.assert_close(one_euro(points @ turn, FPS), one_euro(points, FPS) @ turn)
    torch.testing.assert_close(one_euro(points[:70], FPS), one_euro(points, FPS)[:70])


def test_savitzky_golay_keeps_parabolas_also_at_the_ends():
    time = torch.linspace(-1, 1, 40, dtype=torch.float64)[:, None, None]
    curve = 100 + 50 * time * torch.ones(1, 2, 3) - 30 * time**2
    torch.testing.assert_close(savitzky_golay(curve), curve)


def test_savitzky_golay_is_the_middle_of_a_fitted_polynomial():
    points = noisy()
    smoothed = savitzky_golay(points)
    for frame in (5, 90):
        around = points[frame - 5 : frame + 6, 2, 1].numpy()
        fitted = np.polyfit(np.arange(-5, 6), around, 2)[-1]
        assert smoothed[frame, 2, 1].item() == pytest.approx(fitted)


@pytest.mark.parametrize("method", SMOOTHING)
def test_runs_between_missing_frames_are_smoothed_apart(method):
    points = noisy()
    points[[0, 50, 51, 199]] = torch.nan
    smoothed = smooth(points, method, FPS)
    assert torch.equal(smoothed.isnan(), points.isnan())
    torch.testing.assert_close(smoothed[1:50], smooth(points[1:50], method, FPS))
    torch.testing.assert_close(smoothed[52:199], smooth(points[52:199], method, FPS))


def test_an_unknown_filter_and_a_missing_frame_rate_are_refused():
    with pytest.raises(InputError, match=r"'kalman'; known are one_euro, savgol"):
        smooth(noisy(), "kalman", FPS)
    with pytest.raises(InputError, match=r"one_euro.*give fps"):
        smooth(noisy(), "one_euro")


def left_out(frames=200, rate=FPS):
    """Times of a camera that leaves every third frame out in its second half."""
    numbers = np.arange(frames)
    return numbers[(numbers < frames // 2) | (numbers % 3 > 0)] / rate


def test_savitzky_golay_at_even_times_is_that_of_scipy():
    points = noisy()
    by_times = savitzky_golay(points, times=np.arange(200) / FPS)
    torch.testing.assert_close(by_times, savitzky_golay(points))


def test_savitzky_golay_keeps_parabolas_over_time_where_frames_are_left_out():
    times = left_out()
    time = torch.from_numpy(times)[:, None, None]
    curve = 100 + 50 * time * torch.ones(1, 2, 3) - 30 * time**2
    torch.testing.assert_close(smooth(curve, "savgol", None, times), curve)
    # As if they were even, it does not.
    assert (savitzky_golay(curve) - curve).abs().max() > 1e-3


def test_one_euro_goes_by_the_times_of_its_frames():
    times = left_out()
    line = torch.from_numpy(times)[:, None, None] * torch.tensor([300.0, -400.0, 0.0]).double()
    smoothed = smooth(line, "one_euro", None, times)
    expected, smoother = [line[0].numpy()], OneEuro()
    smoother(expected[0], 1.0)
    for point, step in zip(line[1:].numpy(), np.diff(times), strict=True):
        expected.append(smoother(point, step))
    np.testing.assert_allclose(smoothed.numpy(), np.stack(expected))
    assert (smoothed - one_euro(line, FPS)).abs().max() > 1
