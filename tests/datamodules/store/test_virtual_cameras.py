"""Virtual cameras stand where they should and see everyone."""

import math

import numpy as np
import pytest

from datamodules.store.virtual_cameras import draw_rig, look_at


def crowd(size, height=1700.0, seed=0):
    """Joints in a box on the floor, its corners among them."""
    rng = np.random.default_rng(seed)
    points = rng.uniform((0, 0, 0), (*size, height), (40, 17, 3))
    points[0, 0], points[1, 0] = (0, 0, 0), (*size, height)
    return points + np.array((300.0, -200.0, 0.0))


def test_it_looks_at_its_aim_upright():
    position, aim = np.array([3000.0, -4000.0, 1500.0]), np.array([100.0, 200.0, 900.0])
    rotation = look_at(position, aim, 0.0)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    ahead = rotation @ (aim - position)
    np.testing.assert_allclose(ahead, [0, 0, np.linalg.norm(aim - position)], atol=1e-9)
    # The image's x is level, and its y points down.
    assert (rotation @ [0, 0, 1])[0] == pytest.approx(0)
    assert (rotation @ [0, 0, 1])[1] < 0


def test_roll_turns_the_image_about_its_middle():
    position, aim = np.array([0.0, -5000.0, 1000.0]), np.array([0.0, 0.0, 1000.0])
    # Rolled by a quarter, what is above is to the left of what is ahead.
    up = look_at(position, aim, math.pi / 2) @ [0, 0, 1]
    np.testing.assert_allclose(up, [-1, 0, 0], atol=1e-12)


def pixels(camera, world):
    """The pinhole, written out."""
    seen = (world.reshape(-1, 3) - camera.position.numpy()) @ camera.rotation.numpy().T
    return seen[:, 2], seen[:, :2] / seen[:, 2:] * camera.focal.numpy() + camera.principal.numpy()


@pytest.mark.parametrize("size", [(400, 400), (6000, 500), (500, 5000), (4000, 4000)])
def test_everyone_is_in_view_wherever_they_go(size):
    world = crowd(size)
    for camera in draw_rig(3, "S02/01", world, 4):
        depth, image = pixels(camera, world)
        assert depth.min() > 1000
        assert image.min() > 20
        assert image.max() < 980


def test_a_small_range_is_filmed_from_where_human36m_would():
    world = crowd((500, 500))
    middle = (world.min((0, 1)) + world.max((0, 1))) / 2
    rigs = [draw_rig(seed, "S02/01", world, 4) for seed in range(20)]
    cameras = [camera for rig in rigs for camera in rig]
    away = np.array([camera.position.numpy() - middle for camera in cameras])
    distances = np.linalg.norm(away[:, :2], axis=-1)
    heights = np.array([float(camera.position[2]) for camera in cameras])
    assert 4000 <= distances.min() < 4200
    assert 5800 < distances.max() <= 6000
    assert 1200 <= heights.min() < 1230
    assert 1770 < heights.max() <= 1800
    for rig in rigs:
        bearings = sorted(math.atan2(*(c.position.numpy() - middle)[1::-1].tolist()) for c in rig)
        gaps = np.diff([*bearings, bearings[0] + 2 * math.pi])
        assert gaps.min() > math.pi / 2 * 0.69
    focal = np.array([camera.focal.numpy() for camera in cameras])
    assert 1140 < focal.min() < focal.max() < 1150


def same(one, other):
    return all(
        np.array_equal(a.position, b.position) and np.array_equal(a.focal, b.focal)
        for a, b in zip(one, other, strict=True)
    )


def test_seed_and_name_make_the_rig():
    world = crowd((500, 500))
    rig = draw_rig(0, "S02/01", world, 4)
    assert same(rig, draw_rig(0, "S02/01", world, 4))
    assert not same(rig, draw_rig(1, "S02/01", world, 4))
    assert not same(rig, draw_rig(0, "S02/02", world, 4))


def test_a_range_that_no_camera_sees_is_refused():
    with pytest.raises(ValueError, match="20 m away does not see all"):
        draw_rig(0, "S02/01", crowd((40_000, 500)), 4)
