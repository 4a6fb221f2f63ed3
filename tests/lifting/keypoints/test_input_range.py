"""The range of keypoints in training, and deviations from it."""

import pytest
import torch

from lifting.cameras import Camera, nominal_camera
from lifting.keypoints.input_range import InputRange


def cameras(count, width=1000.0, height=1000.0):
    return Camera.stack([nominal_camera(width, height)] * count)


def people(frames=500, seed=0):
    draw = torch.Generator().manual_seed(seed)
    place = torch.linspace(-200, 200, 5, dtype=torch.float64)
    body = torch.stack([500 + place, 500 - 2 * place.abs()], -1)
    walked = 30 * torch.randn(frames, 1, 1, 2, generator=draw, dtype=torch.float64)
    own = 10 * torch.randn(frames, 1, 5, 2, generator=draw, dtype=torch.float64)
    return body + walked + own


def test_those_of_training_are_within():
    keypoints = people()
    known = InputRange.of(keypoints, cameras(len(keypoints)))
    screen = (keypoints[:, 0] - 500) / 500
    torch.testing.assert_close(known.mean[0], screen.mean(0))
    torch.testing.assert_close(known.std[0], screen.std(0, correction=0))
    assert known.farthest(people(100, seed=1)[:, 0][None], cameras(1)).deviations < 1.5


def test_it_names_the_joint_and_how_far_off_it_is():
    known = InputRange.of(people(), cameras(500))
    person = people(100, seed=1)[:, 0][None].clone()
    person[:, :, 3, 1] += 300
    joint, deviations = known.farthest(person, cameras(1))
    assert joint == 3
    # 300 pixels are 0.6 of the screen; its deviation about the centroid is 10 pixels times sqrt(4/5).
    expected = (300 * 0.8) / (10 * 0.8**0.5)
    assert deviations == pytest.approx(expected, rel=0.1)
    # A single frame may be anywhere.
    once = people(100, seed=1)[:, 0][None].clone()
    once[:, 0] += 900
    assert known.farthest(once, cameras(1)).deviations < 1.5


@pytest.mark.parametrize("change", [lambda x: x + 400, lambda x: 500 + 0.3 * (x - 500)])
def test_people_elsewhere_and_smaller_are_off(change):
    known = InputRange.of(people(), cameras(500))
    assert known.farthest(change(people(100, seed=1)[:, 0])[None], cameras(1)).deviations > 4


def test_it_counts_shares_of_the_image_and_survives_a_checkpoint():
    known = InputRange.of(people(), cameras(500))
    again = InputRange.from_dict(known.to_dict(), 5)
    larger = 2 * people(100, seed=1)[:, 0][None]
    found = again.farthest(larger, cameras(1, 2000.0, 2000.0))
    assert found == known.farthest(larger / 2, cameras(1))
