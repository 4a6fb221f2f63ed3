import pytest
import torch
from torch.nn import functional

from lifting.nets.depth_lifter import CompletionNet, DepthLifter, ResidualBlock


def parameters(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(
    ("joints", "head_blocks", "count"),
    # The weights the originals use; what they allocate besides is not counted.
    [(17, 2, 10_550_290), (11, 3, 14_730_252), (7, 3, 14_717_960), (10, 3, 14_727_179)],
    ids=["ElePose", "LInKs side", "LInKs legs", "LInKs torso"],
)
def test_published_sizes(joints, head_blocks, count):
    assert parameters(DepthLifter(joints, 1024, head_blocks)) == count


@pytest.mark.parametrize(
    ("seen", "unseen", "count"),
    [
        # 3·seen -> 1024, three blocks of two layers, 1024 -> 3·unseen.
        (14, 3, 43 * 1024 + 6 * (1024 * 1024 + 1024) + 1025 * 9),
        (11, 6, 34 * 1024 + 6 * (1024 * 1024 + 1024) + 1025 * 18),
        (7, 10, 22 * 1024 + 6 * (1024 * 1024 + 1024) + 1025 * 30),
    ],
)
def test_completion_sizes(seen, unseen, count):
    assert parameters(CompletionNet(seen, unseen)) == count


def test_published_completion_net_has_6_350_857_weights():
    assert parameters(CompletionNet(14, 3)) == 6_350_857


def test_block_is_the_formula_of_the_paper():
    block = ResidualBlock(5)
    x = torch.randn(3, 5)
    w1, b1, w2, b2 = block.first.weight, block.first.bias, block.second.weight, block.second.bias

    def f(v):
        return torch.maximum(v, 0.01 * v)

    torch.testing.assert_close(block(x.clone()), f(x + f(f(x @ w1.T + b1) @ w2.T + b2)))


def test_block_has_the_gradient_of_its_formula():
    block = ResidualBlock(4).double()
    assert torch.autograd.gradcheck(
        block, torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    )


def test_depth_alone_equals_depth_of_both():
    lifter, x = DepthLifter(4, 16), torch.randn(6, 4, 2)
    torch.testing.assert_close(lifter.depth(x), lifter(x)[0])


def test_gain_multiplies_the_inputs():
    lifter, x = DepthLifter(4, 16, gain=10.0), torch.randn(6, 4, 2)
    same = DepthLifter(4, 16, gain=1.0)
    same.load_state_dict(lifter.state_dict())
    torch.testing.assert_close(lifter(x), same(10 * x))


def test_untrained_elevation_is_near_the_one_asked_for():
    lifter = DepthLifter(17, 256, initial_elevation=-0.2)
    assert abs(lifter(0.05 * torch.randn(100, 17, 2))[1].mean() + 0.2) < 0.1


def test_every_weight_of_the_completion_net_is_used():
    net = CompletionNet(5, 2, width=8, blocks=2)
    functional.mse_loss(net(torch.randn(16, 5, 3)), torch.randn(16, 2, 3)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
