import math

import pytest
import torch

from datamodules.h36m.cameras import h36m_camera
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.geometry import rotate, rotation_x
from lifting.methods.bases.view_rotation import (
    UNIFORM,
    Turns,
    camera_elevation,
    check_azimuth,
    random_view_rotation,
)


def turned(elevation, uniform=False):
    turns = Turns.draw(len(elevation), torch.Generator().manual_seed(0), elevation, uniform)
    return random_view_rotation(elevation, turns, uniform)


def elevation_of(rotation):
    """Angle of the turned world's up (0, -1, 0) out of the image plane, from the matrix alone."""
    up = rotation @ torch.tensor([0.0, -1.0, 0.0]).to(rotation)
    return torch.atan2(up[..., 2], -up[..., 1])


def test_turns_are_rotations():
    turn = turned(0.3 * torch.randn(50, dtype=torch.float64))
    identity = torch.eye(3, dtype=torch.float64).expand_as(turn)
    torch.testing.assert_close(turn @ turn.mT, identity)
    torch.testing.assert_close(torch.linalg.det(turn), torch.ones(50, dtype=torch.float64))


def test_levelled_and_tilted_again_the_poses_have_the_batch_s_elevation():
    # What stands upright in the world is seen with elevation a: the turned view has the same spread.
    elevation = -0.22 + 0.05 * torch.randn(20_000, dtype=torch.float64)
    upright_seen = rotation_x(-elevation)
    found = elevation_of(turned(elevation) @ upright_seen)
    assert found.mean().item() == pytest.approx(-0.22, abs=2e-3)
    assert found.std().item() == pytest.approx(0.05, rel=0.03)


def test_azimuth_covers_the_circle_evenly():
    turn = turned(torch.zeros(40_000))
    azimuth = torch.atan2(turn[:, 0, 2], turn[:, 2, 2])
    counts = torch.histc(azimuth, 8, -math.pi, math.pi)
    assert (counts / 5000 - 1).abs().max() < 0.06


def test_published_azimuths_leave_a_gap_behind():
    turns = Turns(torch.linspace(-1, 1, 5), torch.zeros(5))
    for uniform in (False, True):
        turn = random_view_rotation(torch.zeros(5), turns, uniform, azimuth=1.99)
        found = torch.atan2(turn[:, 0, 2], turn[:, 2, 2])
        wanted = math.pi * torch.tensor([-0.995, -0.4975, 0, 0.4975, 0.995])
        torch.testing.assert_close(found, wanted)
    for wrong in (0.0, 2.1, math.nan):
        with pytest.raises(InputError, match=r"model.azimuth is .*: give a number above 0, 2 at"):
            check_azimuth(wrong)


def test_uniform_ignores_elevations_and_stays_within_its_range():
    turn = turned(torch.full((1000,), 5.0), uniform=True)
    tilt = elevation_of(turn)
    assert tilt.abs().max() <= UNIFORM + 1e-5
    assert tilt.std().item() == pytest.approx(UNIFORM / math.sqrt(3), rel=0.1)


def test_gradient_reaches_every_elevation():
    elevation = torch.randn(6, requires_grad=True)
    turned(elevation)[:, 1, 2].sum().backward()
    assert (elevation.grad.abs() > 0).all()


def test_a_single_pose_is_turned_too():
    assert turned(torch.zeros(1)).isfinite().all()


def test_camera_elevation_levels_the_world():
    camera = Camera.stack(
        [h36m_camera(s, c) for s in ("S1", "S9") for c in ("54138969", "60457274")]
    )
    elevation = camera_elevation(camera)
    up = rotate(camera.rotation[:, None, :, 2], rotation_x(elevation))[:, 0]
    torch.testing.assert_close(up[:, 2], torch.zeros(4, dtype=up.dtype), atol=1e-6, rtol=0)
    assert (up[:, 1] < -0.95).all()
    # Human3.6M's cameras look down by ten to sixteen degrees.
    assert ((elevation > -0.29) & (elevation < -0.17)).all()
