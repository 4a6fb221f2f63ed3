import pytest
import torch

from lifting.nets.mixste import MixSTENet
from tests.lifting.nets.published import filled, mixste_keys, mixste_reference, renamed
from tests.lifting.nets.test_poseformer import BLOCK, count

NAMES = [
    ("STEblocks", "spatial"),
    ("TTEblocks", "temporal"),
    ("Spatial_patch_to_embedding", "embed"),
    ("Spatial_pos_embed", "joint_position"),
    ("Temporal_pos_embed", "frame_position"),
    ("Spatial_norm", "spatial_norm"),
    ("Temporal_norm", "temporal_norm"),
    *BLOCK,
]


def small(**options):
    return MixSTENet(5, frames=6, width=16, depth=2, heads=4, **options).double()


@pytest.mark.parametrize(
    ("frames", "parameters"),
    [(243, 33_783_811), (81, 33_700_867), (27, 33_673_219), (1, 33_659_907)],
)
def test_parameter_counts(frames, parameters):
    with torch.device("meta"):
        assert count(MixSTENet(frames=frames)) == parameters


@pytest.mark.parametrize("sdpa", [True, False])
def test_output_is_that_of_the_published_network(sdpa):
    state = filled(mixste_keys(6, 5, 16, 2))
    net = small(sdpa=sdpa).eval()
    net.load_state_dict(renamed(state, NAMES))
    x = torch.randn(3, 6, 5, 2, dtype=torch.float64)
    expected = mixste_reference(state, x, depth=2, heads=4)
    torch.testing.assert_close(net(x), expected, rtol=0, atol=1e-9)


def test_published_names_and_shapes_are_all_used():
    with torch.device("meta"):
        expected = {name: tuple(t.shape) for name, t in MixSTENet().state_dict().items()}
        keys = {name: torch.empty(shape) for name, shape in mixste_keys().items()}
    assert {name: tuple(t.shape) for name, t in renamed(keys, NAMES).items()} == expected


def test_an_output_does_not_depend_on_the_rest_of_the_batch():
    net = small().eval()
    x = torch.randn(4, 6, 5, 2, dtype=torch.float64)
    alone = torch.cat([net(window[None]) for window in x])
    torch.testing.assert_close(net(x), alone, rtol=0, atol=1e-12)


def test_every_output_frame_depends_on_every_frame_and_every_keypoint():
    net = small().eval()
    x = torch.randn(1, 6, 5, 2, dtype=torch.float64, requires_grad=True)
    for pose in net(x)[0].flatten(0, 1):
        (gradient,) = torch.autograd.grad(pose[2], x, retain_graph=True)
        assert (gradient.abs() > 1e-9).all()


def test_gradients_reach_every_parameter():
    net = small(drop_path=0.0)
    net(torch.randn(4, 6, 5, 2, dtype=torch.float64)).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad.abs().max() > 1e-9, name


def test_positions_tell_joints_and_frames_apart_from_the_first_step_on():
    """Without them the network cannot: exchanged inputs come out as exchanged outputs."""
    net = small().eval()
    x = torch.randn(2, 6, 5, 2, dtype=torch.float64)
    joints, frames = [3, 0, 4, 1, 2], [5, 2, 0, 3, 1, 4]
    assert not torch.allclose(net(x[:, :, joints]), net(x)[:, :, joints], atol=1e-2)
    assert not torch.allclose(net(x[:, frames]), net(x)[:, frames], atol=1e-2)
    torch.nn.init.zeros_(net.joint_position)
    torch.testing.assert_close(net(x[:, :, joints]), net(x)[:, :, joints])
    torch.nn.init.zeros_(net.frame_position)
    torch.testing.assert_close(net(x[:, frames]), net(x)[:, frames])


def test_positions_are_as_large_as_embedded_keypoints():
    net = MixSTENet(17, frames=27, width=256, depth=1)
    embedded = net.embed(torch.randn(1000, 2)) - net.embed.bias
    for position in (net.joint_position, net.frame_position):
        assert position.std().item() / embedded.std().item() == pytest.approx(1, abs=0.2)


def test_paths_are_dropped_more_often_the_deeper():
    net = MixSTENet(5, frames=3, width=8, depth=3, heads=4, drop_path=0.1)
    for blocks in (net.spatial, net.temporal):
        assert [block.drop_path.p for block in blocks] == pytest.approx([0, 0.05, 0.1])
