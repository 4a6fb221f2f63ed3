import pytest
import torch

from lifting.nets.head_scale import DISTANCE, NEAREST, HeadScale, back_project, project
from lifting.skeletons import skeleton


@pytest.mark.parametrize("name", ["h36m17", "mpii16"])
def test_mean_root_to_head_distance_is_a_tenth(name):
    joints = skeleton(name)
    keypoints = 1000 * torch.rand(50, len(joints), 2)
    scale = HeadScale(joints)
    scale.fit(keypoints)
    x = scale(keypoints)
    assert not x[:, joints.root].any()
    torch.testing.assert_close(x[:, scale.head].norm(dim=-1).mean(), torch.tensor(0.1))


@pytest.mark.parametrize("smooth", [True, False])
def test_placed_poses_project_to_their_keypoints(smooth):
    keypoints, offset = 0.1 * torch.randn(20, 17, 2), torch.randn(20, 17)
    keypoints[:, 0] = 0
    offset[:, 0] = 0
    pose = back_project(keypoints, offset, 0, smooth)
    assert not pose[:, 0].any()
    torch.testing.assert_close(project(pose), keypoints, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(pose[..., 2], offset, atol=2e-2, rtol=2e-2)


def test_a_joint_never_passes_the_camera_and_softplus_keeps_its_gradient():
    offset = torch.tensor([[0.0, -9.5, -30.0]], requires_grad=True)
    keypoints = torch.zeros(1, 3, 2)
    for smooth in (True, False):
        assert (
            back_project(keypoints, offset, 0, smooth)[..., 2] + DISTANCE >= NEAREST - 1e-3
        ).all()
    back_project(keypoints, offset, 0, smooth=True)[0, 1, 2].backward()
    assert offset.grad[0, 1] > 0.1
