"""Margins of depth, against poses turned one by one by SciPy."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from datamodules.h36m.cameras import h36m_camera
from lifting.cameras import Camera
from lifting.geometry import centre
from lifting.methods.bases.depth_margins import AZIMUTHS, depth_margins, depth_offsets
from lifting.nets.head_scale import back_project
from lifting.skeletons import skeleton

BODY = skeleton("h36m17")


@pytest.fixture
def seen():
    """Poses in millimetres, and their keypoints in the head-normalised camera at 10 units of 650 mm."""
    pose = centre(250 * torch.randn(6, 17, 3, dtype=torch.float64), BODY.root)
    return pose, pose[..., :2] / (10 * 650 + pose[..., 2:])


@pytest.fixture
def camera():
    names = ("54138969", "55011271", "58860488")
    return Camera.stack([h36m_camera("S1", name) for name in (*names, *names)])


def test_true_depths_give_the_true_pose_in_another_unit(seen):
    pose, keypoints = seen
    offset = depth_offsets(keypoints, pose)
    torch.testing.assert_close(650 * offset, pose[..., 2])
    lifted = back_project(keypoints, offset, BODY.root, smooth=False)
    torch.testing.assert_close(650 * lifted, pose)


def turned(pose, up, azimuth):
    """A pose in units turned about a vertical, and what the head-normalised camera sees of it."""
    # Levelled about x: the vertical that is at an angle to the image's stays in the plane of y and z.
    level = Rotation.from_euler("x", np.arctan2(up[2], -up[1]))
    turn = level.inv() * Rotation.from_euler("y", azimuth) * level
    there = turn.apply(pose)
    return there[:, :2] / (there[:, 2:] + 10)


def test_margins_are_differences_of_means_over_views(seen, camera):
    pose, keypoints = seen
    scales = torch.rand(17, 2, dtype=torch.float64)

    def nll(views):
        return (scales * views).square().sum((-2, -1)) * 1e3

    found = depth_margins(nll, keypoints, pose, camera, BODY.root)
    for i in range(len(pose)):
        up = camera.rotation[i, :, 2].double().numpy()
        means = {}
        for fraction in (1.0, 0.7, 0.0):
            depth = fraction * pose[i, :, 2:].numpy() / 650
            lifted = np.concatenate([keypoints[i].numpy() * (10 + depth), depth], -1)
            views = [turned(lifted, up, 2 * np.pi * (k + 0.5) / AZIMUTHS) for k in range(AZIMUTHS)]
            means[fraction] = np.mean([nll(torch.from_numpy(view)[None]).item() for view in views])
        assert found["shallow_margin"][i].item() == pytest.approx(means[0.7] - means[1.0], rel=1e-6)
        assert found["flat_margin"][i].item() == pytest.approx(means[0.0] - means[1.0], rel=1e-6)
