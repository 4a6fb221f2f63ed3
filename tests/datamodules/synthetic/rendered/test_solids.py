"""Solids: depth and outline against rays that are met with spheres and ellipsoids one by one."""

import numpy as np
import pytest
import torch

from datamodules.synthetic.procedural.clips import draw_cameras
from datamodules.synthetic.rendered.solids import (
    CapsuleOutlines,
    Capsules,
    EllipsoidOutlines,
    Ellipsoids,
    View,
)

IDENTITY = np.eye(2, 3)


@pytest.fixture
def camera():
    """A camera without a lens, so that a ray is a straight line."""
    camera = draw_cameras(0, "S1")["54138969"]
    camera.radial, camera.tangential = torch.zeros(3).double(), torch.zeros(2).double()
    camera.focal = torch.full((2,), 1145.0).double()
    return camera


def rays(camera, x, y):
    focal, principal = camera.focal.numpy(), camera.principal.numpy()
    ray = np.stack([(x - principal[0]) / focal[0], (y - principal[1]) / focal[1], 1 + 0 * x], -1)
    return ray / np.linalg.norm(ray, axis=-1, keepdims=True)


def sphere_depth(ray, centre, radius):
    """Depth at which rays from the origin meet a sphere, infinite where they miss it."""
    along = ray @ centre
    root = along**2 - (centre @ centre - radius**2)
    return np.where(root > 0, (along - np.sqrt(np.maximum(root, 0))) * ray[..., 2], np.inf)


def grid(low, high, step=3.0):
    return np.meshgrid(np.arange(low[0], high[0], step), np.arange(low[1], high[1], step))


@pytest.mark.parametrize("end", [(300.0, -350, 5000), (150, 250, 5150), (-60, 400, 4900)])
def test_capsule_is_the_hull_of_its_spheres(camera, end):
    start, end, radii = np.array([-100.0, 50, 5000]), np.array(end), (90.0, 50.0)
    solids = Capsules(np.array([[start, end]]), np.array([radii]), ("limb",))
    outline = CapsuleOutlines(solids, View(camera, IDENTITY))
    x, y = grid(outline.boxes[0, :2] - 15, outline.boxes[0, 2:] + 15)
    depth = outline.at(0, x, y)[0]
    exact = np.min(
        [
            sphere_depth(rays(camera, x, y), start + t * (end - start), radii[0] - 40 * t)
            for t in np.linspace(0, 1, 200)
        ],
        0,
    )
    inside, wanted = np.isfinite(depth), np.isfinite(exact)
    # Outlines: overlap of the areas; and the depth where both are.
    assert (inside & wanted).sum() / (inside | wanted).sum() > 0.96
    difference = np.abs(depth[inside & wanted] - exact[inside & wanted])
    assert np.median(difference) < 8
    assert np.quantile(difference, 0.9) < 25


def test_ellipsoid_is_met_where_the_ray_meets_it(camera):
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    centre, axes = np.array([250.0, -300, 4800]), turn * [80.0, 120, 200]
    outline = EllipsoidOutlines(
        Ellipsoids(centre[None], axes[None], ("chest",)), View(camera, IDENTITY)
    )
    x, y = grid(outline.boxes[0, :2] - 9, outline.boxes[0, 2:] + 9)
    depth, place = outline.at(0, x, y)
    # In the frame in which it is the unit sphere the ray does not begin at the origin.
    shrunk = np.linalg.inv(axes)
    ray, origin = rays(camera, x, y) @ shrunk.T, -shrunk @ centre
    a, b, c = (ray**2).sum(-1), ray @ origin, origin @ origin - 1
    root = b**2 - a * c
    far = (-b - np.sqrt(np.maximum(root, 0))) / a
    exact = np.where(root > 0, far * rays(camera, x, y)[..., 2], np.inf)
    inside, wanted = np.isfinite(depth), np.isfinite(exact)
    assert (inside & wanted).sum() / (inside | wanted).sum() > 0.97
    assert np.median(np.abs(depth[inside & wanted] - exact[inside & wanted])) < 3
    np.testing.assert_allclose(np.linalg.norm(place[inside], axis=-1), 1, atol=1e-6)
    # Not larger than its box.
    edge = np.argwhere(inside)
    assert edge.min() >= 2
    assert edge.max(0)[0] <= inside.shape[0] - 3


def test_light_on_a_sphere_is_the_cosine(camera):
    centre = np.array([0.0, 0, 5000])
    view = View(camera, IDENTITY)
    ball = EllipsoidOutlines(Ellipsoids(centre[None], 100 * np.eye(3)[None], ("ball",)), view)
    ends = np.array([[centre, centre + np.array([1e-3, 0, 0])]])
    capsule = CapsuleOutlines(Capsules(ends, np.array([[100.0, 100]]), ("ball",)), view)
    light = np.array([0.48, -0.6, -0.64])
    middle = camera.principal.numpy()
    x, y = middle[0] + np.array([-9.0, 0, 8]), middle[1] + np.array([3.0, 0, -12])
    size = 100 * 1145 / 5000
    dx, dy = (x - middle[0]) / size, (y - middle[1]) / size
    expected = dx * light[0] + dy * light[1] - np.sqrt(1 - dx**2 - dy**2) * light[2]
    _, place = ball.at(0, x, y)
    np.testing.assert_allclose(ball.light(0, place, light), expected, atol=5e-3)
    _, _, dx, dy = capsule.at(0, x, y)
    np.testing.assert_allclose(capsule.light(0, dx, dy, light), expected, atol=5e-3)


def test_view_through_a_crop_moves_everything_alike(camera):
    affine = np.array([[0.3, -0.2, -40.0], [0.2, 0.3, 25.0]]) @ np.diag([-1.0, 1, 1])
    solids = Capsules(
        np.array([[[0.0, 0, 5000], [200, 300, 4800]]]), np.array([[80.0, 60]]), ("limb",)
    )
    plain, cropped = (CapsuleOutlines(solids, View(camera, a)) for a in (IDENTITY, affine))
    x, y = grid(plain.boxes[0, :2], plain.boxes[0, 2:], 5.0)
    there = np.stack([x, y], -1) @ affine[:, :2].T + affine[:, 2]
    np.testing.assert_allclose(
        cropped.at(0, there[..., 0], there[..., 1])[0], plain.at(0, x, y)[0], rtol=1e-6
    )
