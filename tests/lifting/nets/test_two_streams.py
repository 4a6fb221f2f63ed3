import pytest
import torch

from lifting.nets.two_streams import AdaptiveFusion, PoseHead, over_frames, over_joints


def test_blocks_see_the_tokens_of_one_frame_or_of_one_joint():
    x = torch.randn(2, 3, 5, 4)

    def running_sum(tokens):
        return tokens.cumsum(1)

    torch.testing.assert_close(over_joints(running_sum, x), x.cumsum(2))
    torch.testing.assert_close(over_frames(running_sum, x), x.cumsum(1))


def test_fusion_begins_with_the_mean_and_follows_what_its_layer_says():
    fusion, first, second = AdaptiveFusion(4), torch.randn(3, 4), torch.randn(3, 4)
    torch.testing.assert_close(fusion(first, second), (first + second) / 2)
    with torch.no_grad():
        fusion.weigh.weight[0, 0] = 1.0
        fusion.weigh.weight[1, 5] = 2.0
    share = 1 / (1 + torch.exp(2 * second[:, 1] - first[:, 0]))
    expected = share[:, None] * first + (1 - share[:, None]) * second
    torch.testing.assert_close(fusion(first, second), expected)


def test_the_representation_comes_before_the_last_layer():
    head, x = PoseHead(4, 6, 1e-6), torch.randn(3, 4)
    seen = head.representation(x)
    assert seen.shape == (3, 6)
    assert seen.abs().max() < 1
    expected = seen @ head.last.weight.T + head.last.bias
    torch.testing.assert_close(head(x), expected)


@pytest.mark.parametrize("eps", [1e-6, 1e-5])
def test_the_epsilon_of_the_head_is_the_networks(eps):
    assert PoseHead(4, 6, eps).norm.eps == eps
