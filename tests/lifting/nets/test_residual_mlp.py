import pytest
import torch
from torch import nn

from lifting.nets.residual_mlp import ResidualMLP


@pytest.mark.parametrize(
    ("inputs", "outputs", "parameters"),
    [(34, 51, 4_296_755), (32, 48, 4_291_632), (30, 45, 4_286_509)],
)
def test_parameter_counts(inputs, outputs, parameters):
    net = ResidualMLP(inputs, outputs)
    assert sum(p.numel() for p in net.parameters()) == parameters


def random_net(blocks=2, eps=1e-5, **options):
    """A small network whose every number is random, those of the normalisation too."""
    net = ResidualMLP(6, 9, width=16, blocks=blocks, dropout=0.0, **options)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm1d):
            assert module.eps == eps
            for tensor in (module.weight, module.bias, module.running_mean):
                nn.init.normal_(tensor)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return net.double()


def by_hand(net, x, training, blocks=2, eps=1e-5):
    weights = dict(net.state_dict())

    def layer(name, x):
        x = x @ weights[f"{name}.0.weight"].T + weights[f"{name}.0.bias"]
        mean, variance = weights[f"{name}.1.running_mean"], weights[f"{name}.1.running_var"]
        if training:
            mean, variance = x.mean(0), ((x - x.mean(0)) ** 2).mean(0)
        x = (x - mean) / (variance + eps) ** 0.5
        x = x * weights[f"{name}.1.weight"] + weights[f"{name}.1.bias"]
        return x.clamp(min=0)

    x = layer("first", x)
    for block in range(blocks):
        x = x + layer(f"blocks.{block}.1", layer(f"blocks.{block}.0", x))
    return x @ weights["last.weight"].T + weights["last.bias"]


@pytest.mark.parametrize("blocks", [0, 1, 3])
@pytest.mark.parametrize(("legacy", "eps"), [(False, 1e-5), (True, 1e-3)])
@pytest.mark.parametrize("training", [False, True])
def test_forward_is_two_layers_and_a_sum_per_block(blocks, legacy, eps, training):
    net = random_net(blocks, eps, legacy=legacy).train(training)
    x = torch.randn(20, 6, dtype=torch.float64)
    expected = by_hand(net, x, training, blocks, eps)
    torch.testing.assert_close(net(x), expected)


@pytest.mark.parametrize(("legacy", "momentum"), [(False, 0.1), (True, 0.01)])
def test_running_statistics_move_by_the_momentum(legacy, momentum):
    net = ResidualMLP(6, 9, width=16, dropout=0.0, legacy=legacy)
    x = torch.randn(20, 6)
    net(x)
    seen = net.first[0](x).mean(0)
    torch.testing.assert_close(net.first[1].running_mean, momentum * seen)


def test_dropout_follows_every_hidden_layer():
    net = ResidualMLP(6, 9, width=4096, blocks=1, dropout=0.25)
    shares = []
    for layer in (net.first, *net.blocks[0]):
        layer.register_forward_hook(lambda _, x, y: shares.append((y == 0).float().mean().item()))
    net(torch.randn(64, 6))
    # Half are zero behind the ReLU, a quarter of the others is dropped.
    assert shares == pytest.approx(3 * [0.5 + 0.5 * 0.25], abs=0.03)


def linears(net):
    return [m for m in net.modules() if isinstance(m, nn.Linear)]


def test_weights_start_he_normal_with_zero_biases():
    for layer in linears(ResidualMLP(400, 300, width=500)):
        assert layer.weight.std().item() == pytest.approx((2 / layer.in_features) ** 0.5, rel=0.02)
        assert not layer.bias.any()


def test_legacy_weights_and_biases_start_truncated_normal():
    """The original's ``truncated_normal(shape) * sqrt(2 / shape[0])``, with weights (in, out)."""
    for layer in linears(ResidualMLP(50, 4000, width=1000, legacy=True)):
        for tensor, size in ((layer.weight, layer.in_features), (layer.bias, layer.out_features)):
            deviation = (2 / size) ** 0.5
            assert tensor.abs().max() <= 2 * deviation
            assert tensor.abs().max() > 1.8 * deviation
            # A normal cut at two deviations has 0.88 of the deviation.
            assert tensor.std().item() == pytest.approx(0.8796 * deviation, rel=0.1)


def test_max_norm_limits_the_weights_that_are_longer_than_one_and_no_others():
    net = ResidualMLP(6, 9, width=16)
    with torch.no_grad():
        net.last.weight /= 10 * net.last.weight.norm()
    before = {name: tensor.clone() for name, tensor in net.named_parameters()}
    net.clip_weights()
    after = dict(net.named_parameters())
    for name, was in before.items():
        is_matrix = was.ndim == 2
        factor = min(1.0, 1 / was.norm().item()) if is_matrix else 1.0
        torch.testing.assert_close(after[name], factor * was)
    norms = [layer.weight.norm().item() for layer in linears(net)]
    assert norms == pytest.approx(5 * [1.0] + [0.1])
