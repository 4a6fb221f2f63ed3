import pytest
import torch
from torch import nn
from torch.nn import functional

from lifting.nets.temporal_convolution import TemporalConvolution, TemporalLinear
from tests.lifting.nets.published_video_pose_3d import (
    made_state,
    video_pose_3d_keys,
    video_pose_3d_reference,
)

SHAPES = [((3, 3, 3), False), ((3, 3, 3), True), ((3, 5, 3), False), ((3, 5, 3), True)]
shapes = pytest.mark.parametrize(("taps", "causal"), SHAPES)


def filled(state, taps, causal=False, **options):
    """A network with the weights of a published state dict, put in by position."""
    net = TemporalConvolution(5, 4, taps, channels=16, causal=causal, **options).double().eval()

    def matrix(name):
        return nn.Parameter(state[name].transpose(1, 2).flatten(1))

    def norm(module, name):
        module.load_state_dict({k: state[f"{name}.{k}"] for k in module.state_dict()})

    net.first.weight = matrix("expand_conv.weight")
    norm(net.activation[0], "expand_bn")
    for i, block in enumerate(net.blocks):
        block.over_time.weight = matrix(f"layers_conv.{2 * i}.weight")
        block.over_channels.weight = matrix(f"layers_conv.{2 * i + 1}.weight")
        norm(block.activation_1[0], f"layers_bn.{2 * i}")
        norm(block.activation_2[0], f"layers_bn.{2 * i + 1}")
    net.last.weight, net.last.bias = matrix("shrink.weight"), nn.Parameter(state["shrink.bias"])
    return net


def published(taps):
    return made_state(video_pose_3d_keys(5, 4, taps, 16))


@pytest.mark.parametrize(
    ("keypoints", "joints", "taps", "parameters"),
    [
        (17, 17, (1, 1, 1), 4_291_635),
        (15, 15, (1, 1, 1), 4_281_389),
        (17, 17, (3, 3, 3), 8_555_571),
        (17, 17, (3, 3, 3, 3), 12_753_971),
        (17, 17, (3, 3, 3, 3, 3), 16_952_371),
        (17, 1, (3, 3, 3, 3, 3), 16_903_171),
        (17, 17, (1,) * 4, 6_392_883),
        (17, 17, (1,) * 5, 8_494_131),
    ],
)
def test_parameter_counts(keypoints, joints, taps, parameters):
    with torch.device("meta"):
        net = TemporalConvolution(keypoints, joints, taps)
    assert sum(p.numel() for p in net.parameters()) == parameters


@shapes
@pytest.mark.parametrize("strided", [True, False])
def test_a_window_gives_what_strided_and_dilated_convolutions_give(taps, causal, strided):
    state = published(taps)
    x = torch.randn(3, 27 if taps == (3, 3, 3) else 45, 5, 2, dtype=torch.float64)
    expected = video_pose_3d_reference(state, x, taps, causal, strided)
    found = filled(state, taps, causal)(x)
    assert found.shape == (3, 1, 4, 3)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


@shapes
def test_every_frame_of_a_sequence_is_what_its_window_gives(taps, causal):
    state = published(taps)
    net = filled(state, taps, causal)
    x = torch.randn(2, net.receptive_field + 6, 5, 2, dtype=torch.float64)
    whole = net(x)
    assert whole.shape == (2, 7, 4, 3)
    windows = [net(x[:, i : i + net.receptive_field]) for i in range(7)]
    torch.testing.assert_close(whole, torch.cat(windows, 1), rtol=0, atol=1e-10)


@shapes
def test_in_training_it_normalises_as_the_strided_convolutions(taps, causal):
    state = published(taps)
    net = filled(state, taps, causal, dropout=0.0).train()
    x = torch.randn(8, net.receptive_field, 5, 2, dtype=torch.float64)
    expected = video_pose_3d_reference(state, x, taps, causal, strided=True, training=True)
    torch.testing.assert_close(net(x), expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("causal", [True, False])
def test_the_output_sees_the_whole_window_and_nothing_else(causal):
    net = filled(published((3, 3, 3)), (3, 3, 3), causal)
    x = torch.randn(1, 29, 5, 2, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(net(x)[:, 1].sum(), x)
    seen = gradient.abs().sum((0, 2, 3)) > 0
    # Frame 1 of three: the window begins at 1 and ends at 27, centre or last of it being the output.
    assert seen.tolist() == [False, *[True] * 27, False]


def test_the_residual_passes_the_centre_or_where_causal_the_last_frame():
    """With convolutions of zeros only the kept frame of the first layer reaches the output."""
    for causal, kept in ((False, 13), (True, 26)):
        net = filled(published((3, 3, 3)), (3, 3, 3), causal)
        for block in net.blocks:
            nn.init.zeros_(block.over_channels.weight)
        x = torch.randn(1, 27, 5, 2, dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(net(x).sum(), x)
        seen = (gradient.abs().sum((0, 2, 3)) > 0).nonzero().flatten().tolist()
        begin = 24 if causal else 12
        assert seen == [begin, begin + 1, begin + 2]
        assert kept in seen


@pytest.mark.parametrize("causal", [False, True])
def test_dense_convolutions_are_as_wide_as_the_dilated_reach(causal):
    net = TemporalConvolution(5, 4, (3, 3, 3), 16, causal=causal, dense=True).double().eval()
    assert [b.over_time.weight.shape[1] // 16 for b in net.blocks] == [7, 19]
    x = torch.randn(2, 30, 5, 2, dtype=torch.float64)
    h = net.activation(conv(net.first, x.flatten(2)))
    for block in net.blocks:
        after = conv(block.over_time, h)
        reach = h.shape[1] - after.shape[1]
        begin = reach if causal else reach // 2
        rest = block.activation_2(conv(block.over_channels, block.activation_1(after)))
        h = h[:, begin : begin + after.shape[1]] + rest
    torch.testing.assert_close(net(x), net.last(h).unflatten(-1, (4, 3)), rtol=0, atol=1e-10)


def conv(layer, x):
    """The layer's weights in a convolution of torch's own."""
    kernel = layer.weight.unflatten(1, (layer.taps, -1)).transpose(1, 2)
    return functional.conv1d(x.mT, kernel, dilation=layer.dilation).mT


@pytest.mark.parametrize(("taps", "dilation"), [(1, 1), (3, 1), (3, 9), (7, 1), (5, 2)])
def test_sliding_is_a_convolution(taps, dilation):
    layer = TemporalLinear(4, 6, taps, dilation).double()
    x = torch.randn(2, 60, 4, dtype=torch.float64)
    torch.testing.assert_close(layer.slide(x), conv(layer, x), rtol=0, atol=1e-12)


def test_gradients_reach_every_parameter():
    net = TemporalConvolution(5, 4, (3, 3, 3), 16)
    net(torch.randn(8, 27, 5, 2)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
