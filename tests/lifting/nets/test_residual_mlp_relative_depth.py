import pytest
import torch

from lifting.nets.residual_mlp import RelativeDepthNet


@pytest.mark.parametrize(
    ("joints", "blocks", "parameters"),
    [
        (17, 1, 2_194_535),
        (16, 1, 2_189_409),
        (14, 1, 2_179_157),
        (19, 1, 2_204_787),
        (17, 2, 4_297_831),
    ],
)
def test_parameter_counts(joints, blocks, parameters):
    net = RelativeDepthNet(2 * joints, 3 * joints, blocks=blocks)
    assert sum(p.numel() for p in net.parameters()) == parameters


def test_pose_is_in_units_that_are_learnt_and_scale_is_a_share():
    net = RelativeDepthNet(6, 9, width=16).eval()
    assert torch.equal(net.unit, torch.full((9,), 100.0))
    x = torch.randn(5, 6)
    pose, scale = net.pose_and_scale(x)
    torch.testing.assert_close(pose, 100 * net.last(net.hidden(x)))
    torch.testing.assert_close(scale, 1 / (1 + torch.exp(-net.scale(net.hidden(x))[:, 0])))
    assert torch.equal(pose, net(x))
    (pose.sum() + scale.sum()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
