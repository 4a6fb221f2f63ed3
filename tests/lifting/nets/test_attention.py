import math

import pytest
import torch
from scipy import stats
from torch.nn import functional

from lifting.errors import InputError
from lifting.nets import attention
from lifting.nets.attention import Attention, DropPath, FeedForward, TransformerBlock


def by_hand(net, x, heads):
    """Loops over samples, heads and tokens."""
    weights = net.state_dict()
    projected = x @ weights["qkv.weight"].T + weights.get("qkv.bias", 0)
    query, key, value = projected.chunk(3, -1)
    size = x.shape[-1] // heads
    out = torch.zeros_like(x)
    for b in range(x.shape[0]):
        for h in range(heads):
            part = slice(h * size, (h + 1) * size)
            for i in range(x.shape[1]):
                scores = key[b, :, part] @ query[b, i, part] / math.sqrt(size)
                shares = scores.exp() / scores.exp().sum()
                out[b, i, part] = (shares[:, None] * value[b, :, part]).sum(0)
    return out @ weights["project.weight"].T + weights["project.bias"]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("sdpa", [True, False])
def test_attention_is_a_weighted_mean_of_values_head_by_head(sdpa, bias):
    net = Attention(12, 3, sdpa=sdpa, bias=bias).double()
    assert ("qkv.bias" in net.state_dict()) == bias
    x = 2 * torch.randn(2, 5, 12, dtype=torch.float64)
    torch.testing.assert_close(net(x), by_hand(net, x, 3), rtol=0, atol=1e-10)


def test_the_fused_kernel_has_the_same_gradients():
    x = torch.randn(3, 7, 16, dtype=torch.float64)
    nets = [Attention(16, 4, sdpa=sdpa).double() for sdpa in (True, False)]
    nets[1].load_state_dict(nets[0].state_dict())
    gradients = [torch.autograd.grad((net(x) ** 2).sum(), [*net.parameters()]) for net in nets]
    torch.testing.assert_close(*gradients)


def test_the_fused_kernel_takes_many_samples_in_parts(monkeypatch):
    net = Attention(12, 3).double()
    x = torch.randn(7, 5, 12, dtype=torch.float64)
    expected = net(x)
    sizes = []
    fused = functional.scaled_dot_product_attention

    def counted(query, *args, **kwargs):
        sizes.append(len(query))
        return fused(query, *args, **kwargs)

    monkeypatch.setattr(functional, "scaled_dot_product_attention", counted)
    monkeypatch.setattr(attention, "MOST_SAMPLES", 3)
    torch.testing.assert_close(net(x), expected)
    assert sizes == [3, 3, 1]


@pytest.mark.parametrize("sdpa", [True, False])
def test_dropout_of_weights_keeps_the_mean_and_is_off_in_evaluation(sdpa):
    net = Attention(8, 2, dropout=0.5, sdpa=sdpa)
    x = torch.randn(1, 4, 8)
    exact = net.eval()(x)
    assert torch.equal(net(x), exact)
    samples = net.train()(x.expand(20_000, 4, 8))
    assert samples.std(0).min() > 0.01
    error = (samples.mean(0) - exact[0]).abs() / (samples.std(0) / 20_000**0.5)
    assert error.max() < 5


def test_a_width_that_does_not_divide_is_named():
    with pytest.raises(InputError, match="width of 30 does not divide into 8 heads"):
        Attention(30, 8)


def test_the_feed_forward_network_has_a_gelu_between():
    net, x = FeedForward(4, 6).double(), torch.randn(5, 4, dtype=torch.float64)
    hidden = x @ net[0].weight.T + net[0].bias
    normal = torch.from_numpy(stats.norm.cdf(hidden.detach().numpy()))
    torch.testing.assert_close(net(x), (hidden * normal) @ net[2].weight.T + net[2].bias)


@pytest.mark.parametrize("p", [0.1, 0.4])
def test_paths_are_dropped_for_whole_samples_with_the_probability_asked_for(p):
    y = DropPath(p)(torch.ones(20_000, 3, 2))
    kept = y[:, 0, 0] != 0
    torch.testing.assert_close(y, kept[:, None, None] / (1 - p) * torch.ones(3, 2))
    low, high = stats.binom.interval(1 - 1e-6, len(y), p)
    assert low <= (~kept).sum() <= high


def test_paths_stay_in_evaluation_and_without_probability():
    x = torch.randn(50, 3)
    assert torch.equal(DropPath(0.5).eval()(x), x)
    assert torch.equal(DropPath()(x), x)


def test_a_block_adds_two_normalised_branches():
    block = TransformerBlock(8, 2, 16, eps=0.1).double()
    for norm in (block.attention_norm, block.feed_forward_norm):
        torch.nn.init.normal_(norm.weight)
        torch.nn.init.normal_(norm.bias)
    x = torch.randn(3, 5, 8, dtype=torch.float64)
    norm = block.attention_norm
    normal = functional.layer_norm(x, (8,), norm.weight, norm.bias, 0.1)
    middle = x + by_hand(block.attention, normal, 2)
    norm = block.feed_forward_norm
    normal = functional.layer_norm(middle, (8,), norm.weight, norm.bias, 0.1)
    torch.testing.assert_close(block(x), middle + block.feed_forward(normal))


def test_both_branches_of_a_block_are_dropped_by_themselves():
    block = TransformerBlock(8, 2, 16, drop_path=0.5)
    with torch.no_grad():
        block.attention.project.weight.zero_()
        block.attention.project.bias.fill_(1)
        block.feed_forward[2].weight.zero_()
        block.feed_forward[2].bias.fill_(10)
    added = block(torch.zeros(4000, 2, 8))[:, 0, 0].round()
    values, counts = added.unique(return_counts=True)
    assert values.tolist() == [0, 2, 20, 22]
    assert stats.chisquare(counts.numpy()).pvalue > 1e-6
