import pytest
import torch
from scipy.optimize import least_squares

from lifting.cameras import nominal_camera, project
from lifting.inference.trajectory import fit_root


@pytest.fixture
def scene():
    generator = torch.Generator().manual_seed(0)
    pose = 300 * torch.randn(8, 17, 3, generator=generator, dtype=torch.float64)
    place = torch.tensor([200.0, -100.0, 4500.0]) + 300 * torch.randn(8, 3, generator=generator)
    camera = nominal_camera(1920.0, 1080.0)
    camera.radial = torch.tensor([-0.2, 0.1, 0.0], dtype=torch.float64)
    return pose, place.double(), camera


def test_a_true_pose_is_put_where_it_was_seen_from(scene):
    pose, place, camera = scene
    keypoints = project(pose + place[:, None], camera)
    found = fit_root(pose, keypoints, torch.ones(8, 17, dtype=torch.bool), camera)
    torch.testing.assert_close(found, place, rtol=0, atol=1e-3)


def test_the_place_of_a_wrong_pose_is_the_least_squares_one(scene):
    pose, place, camera = scene
    camera.radial = torch.zeros(3, dtype=torch.float64)
    keypoints = project(pose + place[:, None], camera) + 10 * torch.randn(8, 17, 2).double()
    seen = torch.rand(8, 17) > 0.4
    found = fit_root(pose, keypoints, seen, camera)
    rays = ((keypoints - torch.tensor([960, 540])) / 1920).numpy()
    for frame in range(8):
        points, ray = pose[frame][seen[frame]].numpy(), rays[frame][seen[frame].numpy()]

        def off(t, points=points, ray=ray):
            moved = points + t
            return (ray * moved[:, 2:] - moved[:, :2]).ravel()

        expected = least_squares(off, [0, 0, 1000.0], xtol=1e-14, ftol=1e-14, gtol=1e-14).x
        torch.testing.assert_close(found[frame], torch.from_numpy(expected), rtol=1e-4, atol=0.1)


def test_what_does_not_count_is_not_looked_at(scene):
    pose, place, camera = scene
    keypoints = project(pose + place[:, None], camera)
    seen = torch.ones(8, 17, dtype=torch.bool)
    seen[:, 5:] = False
    keypoints[:, 5:] = torch.nan
    found = fit_root(pose, keypoints, seen, camera)
    torch.testing.assert_close(found, place, rtol=0, atol=1e-3)


def test_too_little_gives_no_place(scene):
    pose, place, camera = scene
    keypoints = project(pose + place[:, None], camera)
    seen = torch.ones(8, 17, dtype=torch.bool)
    seen[1, 1:] = False
    seen[2] = False
    pose[3] = torch.nan
    found = fit_root(pose, keypoints, seen, camera)
    assert found.isnan().any(-1).tolist() == [False, True, True, True] + 4 * [False]
