import pytest
import torch

from lifting.errors import InputError
from lifting.imaging.colour_normalisation import normalise
from lifting.nets.pose_resnet import PoseResNet
from tests.lifting.nets.published_detectors import Reference, made_detector, pose_resnet_keys
from tests.lifting.nets.test_hrnet import images, loaded, table

pytestmark = pytest.mark.slow(reason="builds detectors of published size", shapes=True)

COUNTS = {18: 15_376_721, 34: 25_484_881, 50: 33_999_697, 101: 52_991_825, 152: 68_635_473}


def made_net(depth, joints=3, width=8, **options):
    state = made_detector(pose_resnet_keys(depth, joints, width))
    net = PoseResNet(joints, depth, width, **options)
    return loaded(net, state).eval(), state


@pytest.mark.parametrize("depth", COUNTS)
def test_names_shapes_and_parameters_are_the_official_ones(depth):
    with torch.device("meta"):
        net = PoseResNet(17, depth)
    own = net.state_dict()
    pairs = table(net)
    found = {pair.published: tuple(own[name].shape) for name, pair in pairs.items()}
    assert found == pose_resnet_keys(depth)
    assert len(own) == len(found)
    assert sum(p.numel() for p in net.parameters()) == COUNTS[depth]
    if depth == 50:
        assert len(own) == 338


@pytest.mark.parametrize("depth", [18, 50])
def test_it_computes_what_the_official_network_does(depth):
    net, state = made_net(depth)
    x = images(1).double()
    with torch.no_grad():
        out = net.double()(x)
    expected = Reference({k: v.double() for k, v in state.items()}).pose_resnet(x, depth)
    assert out.shape == (1, 3, 16, 24)
    assert expected.std() > 0.1
    torch.testing.assert_close(out, expected, rtol=1e-9, atol=1e-9)


def test_weights_of_blue_first_see_what_opencv_would_give_them():
    pixels = torch.randint(0, 256, (1, 3, 64, 32), generator=torch.Generator().manual_seed(1))
    net, state = made_net(18, bgr=True)
    # As its authors: OpenCV's order, and the statistics of red for what comes first.
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    theirs = pixels[:, [2, 1, 0]].movedim(1, -1) / 255
    theirs = ((theirs - mean) / std).movedim(-1, 1)
    with torch.no_grad():
        out = net(normalise(pixels.to(torch.uint8)))
        expected = Reference(state).pose_resnet(theirs, 18)
        rgb = made_net(18)[0](normalise(pixels.to(torch.uint8)))
    torch.testing.assert_close(out, expected, rtol=1e-3, atol=1e-4)
    assert (rgb - expected).abs().max() > 0.01


def test_channels_last_and_autocast():
    net, _ = made_net(18)
    x = images(1)
    with torch.no_grad():
        expected = net(x)
        out = net.to(memory_format=torch.channels_last)(x)
        with torch.autocast("cpu", torch.bfloat16):
            half = net(x)
    torch.testing.assert_close(out, expected, rtol=1e-4, atol=1e-4)
    assert half.dtype == torch.float32
    assert not torch.equal(half, half.bfloat16().float())


def test_every_parameter_learns():
    net = made_net(34)[0].train()
    net(images(2)).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_a_depth_there_is_none_of_is_refused():
    with pytest.raises(InputError, match="no ResNet of 20 layers: choose one of 18, 34, 50, 101"):
        PoseResNet(17, 20)
    with pytest.raises(InputError, match="32 x 40 pixels do not divide"):
        made_net(18)[0](images(1, 40, 32))
