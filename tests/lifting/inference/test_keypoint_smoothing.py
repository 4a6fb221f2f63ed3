"""Keypoints smoothed before lifting: against what Butterworth's formula says, and over gaps."""

import math

import numpy as np
import pytest
import torch
from scipy import signal

from lifting.errors import InputError
from lifting.inference.keypoint_smoothing import butterworth, smooth_keypoints

FILTERS = ("butterworth", "one_euro", "savgol")
FPS = 60.0


def wave(hertz, frames=1200, fps=FPS):
    time = torch.arange(frames, dtype=torch.float64) / fps
    return torch.sin(2 * math.pi * hertz * time)[:, None, None].repeat(1, 1, 2)


def noisy(frames=80, joints=3):
    generator = torch.Generator().manual_seed(0)
    return 400 + 20 * torch.randn(frames, joints, 2, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("fps", [25.0, 60.0, 240.0])
@pytest.mark.parametrize("cutoff", [3.0, 6.0, 10.0])
def test_gain_is_that_of_two_passes_of_second_order_without_any_lag(fps, cutoff):
    """1 / (1 + (√2 - 1) (w / wc)^4) of an amplitude, in the bilinear transform's frequencies."""

    def bent(hertz):
        return math.tan(math.pi * hertz / fps)

    for hertz in (0.5 * cutoff, cutoff, 1.2 * cutoff):
        given = wave(hertz, fps=fps)
        middle = slice(400, 800)
        kept = butterworth(given, fps, cutoff)[middle]
        gain = 1 / (1 + (math.sqrt(2) - 1) * (bent(hertz) / bent(cutoff)) ** 4)
        torch.testing.assert_close(kept, gain * given[middle], atol=2e-5, rtol=0)
        if hertz == cutoff:
            assert gain == pytest.approx(1 / math.sqrt(2))


def test_it_is_scipy_s_filter_forwards_and_backwards():
    given = noisy()
    raised = math.atan(math.tan(math.pi * 6 / 60) / (math.sqrt(2) - 1) ** 0.25) * 60 / math.pi
    expected = signal.filtfilt(*signal.butter(2, raised, fs=60), given.numpy(), axis=0, padlen=10)
    np.testing.assert_allclose(butterworth(given, 60.0, 6.0), expected, atol=1e-9)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("frames", [1, 2, 3, 9, 50])
def test_what_stands_still_stays_however_short_it_is(name, frames):
    still = noisy(1).expand(frames, 3, 2).clone()
    seen = torch.ones(frames, 3, dtype=torch.bool)
    torch.testing.assert_close(smooth_keypoints(still, seen, name, FPS), still)


@pytest.mark.parametrize("name", FILTERS)
def test_nothing_gets_across_a_gap(name):
    points, seen = noisy(), torch.ones(80, 3, dtype=torch.bool)
    seen[30:33, 1] = False
    points[30:33, 1] = 0.0
    smoothed = smooth_keypoints(points, seen, name, FPS)
    moved = (smoothed - points).norm(dim=-1)
    assert moved[seen].mean() > 3, "it smooths"
    assert torch.equal(smoothed[30:33, 1], points[30:33, 1])
    other = points.clone()
    other[:30, 1] = points[:30, 1].flip(0)
    again = smooth_keypoints(other, seen, name, FPS)
    # One-Euro's speed is measured by the size of the person, which changes a little.
    near = 2.0 if name == "one_euro" else 1e-9
    torch.testing.assert_close(again[33:, 1], smoothed[33:, 1], atol=near, rtol=0)
    assert (again[:30, 1] - smoothed[:30, 1]).norm(dim=-1).mean() > 3


def test_one_euro_smooths_somebody_who_is_seen_larger_by_as_much():
    points, seen = noisy(), torch.ones(80, 3, dtype=torch.bool)
    smoothed = smooth_keypoints(points, seen, "one_euro", FPS)
    torch.testing.assert_close(smooth_keypoints(3 * points, seen, "one_euro", FPS), 3 * smoothed)


def test_without_a_filter_nothing_changes():
    points = noisy()
    assert smooth_keypoints(points, points[..., 0] > 0, None, None) is points
    assert smooth_keypoints(points, points[..., 0] > 0, "none", None) is points


def test_a_rate_that_is_missing_or_too_low_is_told():
    points, seen = noisy(), torch.ones(80, 3, dtype=torch.bool)
    for name in ("butterworth", "one_euro"):
        with pytest.raises(InputError, match=f"{name} depends on the frame rate; give --fps, or"):
            smooth_keypoints(points, seen, name, None)
    with pytest.raises(InputError, match="cut-off of 6 Hz is not below half of 10 frames per sec"):
        smooth_keypoints(points, seen, "butterworth", 10.0)
    assert smooth_keypoints(points, seen, "savgol", None).shape == points.shape


@pytest.mark.parametrize("text", ["butterworth:6", "savgol"])
def test_frames_that_are_left_out_bend_nothing(text):
    """A wave of one per second goes through as if every frame were there."""
    numbers = np.arange(600)
    kept = (numbers < 300) | (numbers % 3 > 0)
    given = 100 * wave(1, 600)[torch.from_numpy(kept)]
    seen = torch.ones(len(given), 1, dtype=torch.bool)
    fps, times = FPS * kept.mean(), numbers[kept] / FPS
    off, off_if_even = (
        float((smooth_keypoints(given, seen, text, fps, t) - given)[20:-20].std())
        for t in (times, None)
    )
    assert off < 0.2 < 1 < off_if_even
