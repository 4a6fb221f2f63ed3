"""The LSTM, the transformer over time and the perceptron over a window."""

import math

import numpy as np
import pytest
import torch

from lifting.nets.window_networks import LSTMNet, TemporalTransformer, WindowMLP, sinusoids

FRAMES = 9
NETS = {
    "lstm": lambda: LSTMNet(5, 4, FRAMES, width=8),
    "bilstm": lambda: LSTMNet(
        5, 4, FRAMES, width=8, layers=2, bidirectional=True, readout="centre"
    ),
    "transformer": lambda: TemporalTransformer(5, 4, FRAMES, 16, 2, 4, 32),
    "transformer_centre": lambda: TemporalTransformer(
        5, 4, FRAMES, 16, 2, 4, 32, pre_norm=True, readout="centre"
    ),
    "mlp": lambda: WindowMLP(5, 4, FRAMES, width=16),
}
every_net = pytest.mark.parametrize("make", NETS.values(), ids=NETS)


@pytest.mark.parametrize(
    ("net", "parameters"),
    [
        (lambda: LSTMNet(), 1_148_467),
        (lambda: TemporalTransformer(), 1_603_379),
        (lambda: WindowMLP(), 2_873_395),
    ],
    ids=["lstm", "transformer", "mlp"],
)
def test_parameter_counts_of_the_originals(net, parameters):
    assert sum(p.numel() for p in net().parameters()) == parameters


@every_net
def test_an_output_does_not_depend_on_the_rest_of_the_batch(make):
    net = make().double().eval()
    x = torch.randn(6, FRAMES, 5, 2, dtype=torch.float64)
    together = net(x)
    assert together.shape == (6, 1, 4, 3)
    alone = torch.cat([net(window[None]) for window in x])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-10)
    other = x.clone()
    other[1:] = torch.randn_like(other[1:])
    torch.testing.assert_close(net(other)[0], together[0], rtol=0, atol=1e-10)


@every_net
def test_an_output_depends_on_every_frame_and_every_keypoint(make):
    net = make().double().eval()
    x = torch.randn(1, FRAMES, 5, 2, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(x).sum(), x)
    assert (gradient.abs() > 0).all()


@every_net
def test_it_knows_the_order_of_frames(make):
    net = make().double().eval()
    x = torch.randn(1, FRAMES, 5, 2, dtype=torch.float64)
    assert (net(x) - net(x.flip(1))).abs().max() > 1e-4


@every_net
def test_gradients_reach_every_parameter(make):
    net = make()
    net(torch.randn(4, FRAMES, 5, 2)).sum().backward()
    # Attention does not notice what is added to all keys alike.
    names = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert names == []


def test_the_lstm_follows_its_equations():
    net = LSTMNet(5, 4, FRAMES, width=8, readout="last").double().eval()
    x = torch.randn(1, FRAMES, 5, 2, dtype=torch.float64)
    p = {k: v.detach().numpy() for k, v in net.recurrent.named_parameters()}

    def sigmoid(v):
        return 1 / (1 + np.exp(-v))

    h, c = np.zeros(8), np.zeros(8)
    for frame in x[0].flatten(1).numpy():
        gates = p["weight_ih_l0"] @ frame + p["bias_ih_l0"] + p["weight_hh_l0"] @ h
        i, f, g, o = np.split(gates + p["bias_hh_l0"], 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
    expected = net.last.weight.detach().numpy() @ h + net.last.bias.detach().numpy()
    np.testing.assert_allclose(net(x).detach().numpy().reshape(-1), expected, atol=1e-12)


def test_the_centre_state_of_a_forward_lstm_does_not_see_the_future():
    net = LSTMNet(5, 4, FRAMES, width=8, readout="centre").eval()
    x = torch.randn(1, FRAMES, 5, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(x).sum(), x)
    seen = gradient.abs().sum((0, 2, 3)) > 0
    assert seen.tolist() == [i <= FRAMES // 2 for i in range(FRAMES)]


def test_positions_are_the_sinusoids_of_the_paper():
    found = sinusoids(7, 6)
    for position in range(7):
        for i in range(3):
            angle = position / 10_000 ** (2 * i / 6)
            assert found[position, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert found[position, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


@pytest.mark.parametrize("readout", ["centre", "last"])
def test_one_pass_reads_out_every_frame_that_has_half_a_window_on_both_sides(readout):
    net = LSTMNet(5, 4, FRAMES, width=8, bidirectional=True, readout=readout).double().eval()
    x = torch.randn(2, FRAMES + 4, 5, 2, dtype=torch.float64)
    out = net(x)
    assert out.shape == (2, 5, 4, 3)
    states, _ = net.recurrent(x.flatten(2))
    begin = FRAMES // 2 if readout == "centre" else FRAMES - 1
    for i in range(5):
        expected = net.last(states[:, begin + i]).unflatten(-1, (4, 3))
        torch.testing.assert_close(out[:, i], expected, rtol=0, atol=1e-12)
