"""The view of the person: against an independent camera that looks straight at the root."""

import numpy as np
import pytest
import torch

from lifting.cameras import Camera, calibrated_camera, nominal_camera, project
from lifting.geometry import rotate, rotation_x, rotation_y
from lifting.keypoints.person_view import EXTENT, SIDE, person_view
from lifting.skeletons import skeleton

ROOT = skeleton("h36m17").root


def person(frames=3, seed=0):
    """A body of 17 joints about 5 m away, off the axis: camera frame, millimetres ``(T, 17, 3)``."""
    draw = torch.Generator().manual_seed(seed)
    body = 300 * torch.randn(frames, 17, 3, generator=draw, dtype=torch.float64)
    return body + torch.tensor([1200.0, -500.0, 5000.0], dtype=torch.float64)


def lens(*distortion):
    radial, tangential = (distortion or ((0.0,) * 3, (0.0,) * 2))[:2]
    level = np.eye(3)
    return calibrated_camera(
        (1145.0, 1143.0), (512.0, 515.0), (1000.0, 1002.0), level, np.zeros(3), radial, tangential
    )


def seen_by(camera, pose):
    """The view of poses ``(T, 17, 3)`` as one window."""
    return person_view(project(pose, camera)[None], Camera.stack([camera]), ROOT)


@pytest.mark.parametrize("distortion", [(), ((-0.2, 0.24, -0.002), (-0.0009, -0.0016))])
def test_it_is_what_a_camera_sees_that_looks_at_the_root(distortion):
    pose, camera = person(), lens(*distortion)
    view = seen_by(camera, pose)
    for frame in range(len(pose)):
        # Independently: pan, then tilt, by the angles of the root.
        x, y, z = pose[frame, ROOT]
        pan = rotation_y(-torch.atan2(x, z))
        tilt = rotation_x(torch.atan2(y, torch.hypot(x, z)))
        looked = pose[frame] @ pan.T @ tilt.T
        torch.testing.assert_close(looked[ROOT, :2], torch.zeros(2).double(), atol=1e-9, rtol=0)
        plane = looked[:, :2] / looked[:, 2:]
        size = plane.norm(dim=-1).sum() / 16
        expected = SIDE / 2 + EXTENT * plane / size
        torch.testing.assert_close(view.keypoints[0, frame], expected, atol=0.02, rtol=0)
        torch.testing.assert_close(view.rotation[0, frame], tilt @ pan, atol=1e-5, rtol=0)
        # Poses turned into it project onto its keypoints, by the camera it says.
        turned = view.turned(pose[None, frame : frame + 1], frame)
        again = project(turned[:, 0], view.camera(Camera.stack([camera]), frame))
        torch.testing.assert_close(again[0], expected, atol=0.02, rtol=0)
        back = view.turned_back(turned, frame)
        torch.testing.assert_close(back[0, 0], pose[frame], atol=1e-6, rtol=0)


def test_what_stands_upright_still_does():
    upright = torch.tensor([[900.0, 400.0, 4000.0], [900.0, -800.0, 4000.0]]).double()
    camera = lens()
    pixels = project(upright, camera)[None, None]
    view = person_view(pixels, Camera.stack([camera]), 0)
    assert abs(view.keypoints[0, 0, 1, 0] - SIDE / 2) < 1e-6
    assert view.keypoints[0, 0, 1, 1] < SIDE / 2


def test_neither_place_nor_size_in_the_image_matters():
    pose, camera = person(), lens()
    before = seen_by(camera, pose).keypoints
    double = camera.map(lambda x: x)
    double.focal, double.principal, double.size = (
        2 * camera.focal,
        2 * camera.principal,
        2 * camera.size,
    )
    pixels = project(pose, camera)
    doubled = person_view(2 * pixels[None], Camera.stack([double]), ROOT)
    torch.testing.assert_close(doubled.keypoints, before)
    cropped_camera = camera.map(lambda x: x)
    corner = torch.tensor([300.0, 150.0])
    cropped_camera.principal, cropped_camera.size = camera.principal - corner, camera.size - corner
    cropped = person_view(pixels[None] - corner, Camera.stack([cropped_camera]), ROOT)
    torch.testing.assert_close(cropped.keypoints, before)
    # Carried about the camera, until half an image away.
    carried = rotate(pose, rotation_y(torch.tensor(-0.45, dtype=torch.float64)))
    moved = project(carried, camera)[:, ROOT, 0] - pixels[:, ROOT, 0]
    assert (moved.abs() > 500).all()
    torch.testing.assert_close(seen_by(camera, carried).keypoints, before, atol=1e-3, rtol=0)
    # And twice as far away, to the perspective of a body.
    far = pose + (pose[:, ROOT, None] * 1.0)
    assert (seen_by(camera, far).keypoints - before).abs().max() < 0.2 * EXTENT


def test_what_is_not_seen_changes_nothing_else():
    pose, camera = person(1), lens()
    pixels = project(pose, camera)[None]
    cameras = Camera.stack([camera])
    hidden = pixels.clone()
    hidden[..., 3, :] = torch.nan
    view = person_view(hidden, cameras, ROOT)
    assert view.keypoints[..., 3, :].isnan().all()
    assert view.keypoints.isnan().sum() == 2
    far = pixels.clone()
    far[..., 3, 0] = torch.inf
    infinite = person_view(far, cameras, ROOT).keypoints
    torch.testing.assert_close(infinite, view.keypoints, equal_nan=True)
    # The size is of those that are seen: the same points, another focal length.
    whole = person_view(pixels, cameras, ROOT)
    seen = [j for j in range(17) if j != 3]
    about = [(v.keypoints[0, 0, seen] - SIDE / 2) / v.focal[0, 0] for v in (view, whole)]
    torch.testing.assert_close(*about)
    others = [j for j in seen if j != ROOT]
    distance = (view.keypoints[0, 0, others] - SIDE / 2).norm(dim=-1).mean()
    assert distance == pytest.approx(EXTENT, abs=1e-6)
    # Without the root, about the mean of the others.
    hidden[..., ROOT, :] = torch.nan
    about_mean = person_view(hidden, cameras, ROOT).keypoints[0, 0, others].mean(0)
    assert (about_mean - SIDE / 2).norm() < 0.1 * EXTENT
    nobody = person_view(torch.full_like(pixels, torch.nan), cameras, ROOT)
    assert nobody.keypoints.isnan().all()
    assert nobody.rotation.isfinite().all()


def test_gradients_pass_and_are_finite():
    camera = Camera.stack([nominal_camera(1000.0, 800.0)])
    pixels = (project(person(2), lens())[None]).clone()
    pixels[0, 1] = torch.nan
    pixels[0, 0, 5] = torch.nan
    pixels.requires_grad_()
    view = person_view(pixels, camera, ROOT)
    (view.keypoints.nan_to_num(0.0).square().sum() + view.rotation.sum()).backward()
    assert pixels.grad.isfinite().all()
    assert pixels.grad[0, 0, 7].abs().min() > 0
