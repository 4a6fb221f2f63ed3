import pytest
import torch
from torch import nn

from lifting.errors import InputError
from lifting.nets.hrnet import HRNet
from lifting.published.families import DETECTORS
from tests.lifting.nets.published_detectors import Reference, hrnet_keys, made_detector

pytestmark = pytest.mark.slow(reason="builds detectors of published size", shapes=True)


def table(net):
    """The pair of each tensor of a detector."""
    return DETECTORS[type(net).__name__].expand(net, net.state_dict())


def loaded(net, state):
    names = table(net)
    net.load_state_dict({ours: state[pair.published] for ours, pair in names.items()})
    return net


def made_net(width=4, joints=3):
    state = made_detector(hrnet_keys(width, joints))
    return loaded(HRNet(joints, width), state).eval(), state


def images(count=2, height=64, width=96):
    draw = torch.Generator().manual_seed(2)
    return torch.randn(count, 3, height, width, generator=draw)


@pytest.mark.parametrize(
    ("width", "joints", "parameters"),
    [(32, 17, 28_536_113), (32, 16, 28_536_080), (48, 17, 63_595_745), (48, 16, 63_595_696)],
)
def test_names_shapes_and_parameters_are_the_official_ones(width, joints, parameters):
    with torch.device("meta"):
        net = HRNet(joints, width)
    own = net.state_dict()
    pairs = table(net)
    found = {pair.published: tuple(own[name].shape) for name, pair in pairs.items()}
    assert found == hrnet_keys(width, joints)
    assert len(own) == len(pairs) == len(found) == 1754
    assert sum(name.endswith("num_batches_tracked") for name in own) == 292
    assert sum(p.numel() for p in net.parameters()) == parameters


def test_it_computes_what_the_official_network_does():
    net, state = made_net()
    x = images().double()
    with torch.no_grad():
        out = net.double()(x)
    expected = Reference({k: v.double() for k, v in state.items()}).hrnet(x)
    assert out.shape == (2, 3, 16, 24)
    assert expected.std() > 0.1
    torch.testing.assert_close(out, expected, rtol=1e-9, atol=1e-9)


def test_every_parameter_learns_and_nothing_is_overwritten():
    net = made_net()[0].train()
    kept = []

    def keep(module, inputs, output):
        for tensor in (*inputs, output):
            if isinstance(tensor, torch.Tensor):
                kept.append((tensor, tensor.detach().clone()))

    for module in net.modules():
        if not list(module.children()):
            module.register_forward_hook(keep)
    x = images().requires_grad_()
    net(x).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
    assert x.grad.abs().sum() > 0
    assert len(kept) > 1000
    assert all(torch.equal(tensor, before) for tensor, before in kept)


def test_gradients_are_those_of_finite_differences():
    net = made_net()[0].double()
    x = images(1, 32, 32).double()
    direction = torch.randn(x.shape, generator=torch.Generator().manual_seed(4)).double()

    def loss(step):
        return net(x + step * direction).square().sum()

    step = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(loss(step), step)
    with torch.no_grad():
        slope = (loss(1e-6) - loss(-1e-6)) / 2e-6
    assert slope.abs() > 1
    torch.testing.assert_close(gradient, slope, rtol=1e-5, atol=0)


def test_channels_last_gives_the_same():
    net, _ = made_net()
    x = images()
    with torch.no_grad():
        expected = net(x)
        net = net.to(memory_format=torch.channels_last)
        out = net(x.contiguous(memory_format=torch.channels_last))
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out, expected, rtol=1e-4, atol=1e-4)


def test_heat_maps_are_float32_under_autocast():
    net, _ = made_net()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        out = net(images())
        features = net.stem(images())
    assert features.dtype == torch.bfloat16
    assert out.dtype == torch.float32
    # Rounded to bfloat16 they would be equal.
    assert not torch.equal(out, out.bfloat16().float())


def test_images_that_do_not_divide_are_refused():
    with pytest.raises(
        InputError, match="Images of 100 x 64 pixels do not divide into steps of 32"
    ):
        made_net()[0](images(1, 64, 100))


def test_the_first_heat_maps_are_almost_zero():
    net = HRNet(2, 8)
    with torch.no_grad():
        out = net(images())
    assert 1e-3 < out.abs().max() < 0.2
    assert all(m.weight.std() < 0.002 for m in net.modules() if isinstance(m, nn.Conv2d))
