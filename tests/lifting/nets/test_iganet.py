import pytest
import torch

from lifting.nets.dropout import Dropout
from lifting.nets.iganet import IGANetwork, joint_graph
from lifting.skeletons import skeleton
from tests.lifting.nets.published import (
    filled,
    iganet_graph,
    iganet_keys,
    iganet_reference,
    renamed,
)
from tests.lifting.nets.test_poseformer import count

# As published: bones, mirror pairs, and bones between each joint and the centre.
GRAPHS = {
    "h36m17": {
        "centre": "spine",
        "bones": [
            *((0, 1), (2, 1), (3, 2), (4, 0), (5, 4), (6, 5), (7, 0), (8, 7)),
            *((9, 8), (10, 9), (11, 8), (12, 11), (13, 12), (14, 8), (15, 14), (16, 15)),
        ],
        "pairs": [(6, 3), (5, 2), (4, 1), (11, 14), (12, 15), (13, 16)],
        "hops": [1, 2, 3, 4, 2, 3, 4, 0, 1, 2, 3, 2, 3, 4, 2, 3, 4],
    },
    "panoptic15": {
        "centre": "pelvis",
        "bones": [
            *((0, 2), (1, 0), (3, 0), (4, 3), (5, 4), (6, 2), (7, 6), (8, 7)),
            *((9, 0), (10, 9), (11, 10), (12, 2), (13, 12), (14, 13)),
        ],
        "pairs": [(14, 8), (13, 7), (12, 6), (11, 5), (10, 4), (9, 3)],
        "hops": [1, 2, 0, 2, 3, 4, 1, 2, 3, 2, 3, 4, 1, 2, 3],
    },
}
NAMES = [
    ("IGANet.", ""),
    ("encoder.fc1", "encoder.0"),
    ("encoder.fc3", "encoder.1"),
    ("encoder.fc4", "encoder.2"),
    ("encoder.fc5", "encoder.3"),
    ("GCN_Block1.conv1d", "first_convolution.linear"),
    ("GCN_Block2.conv1d", "second_convolution.linear"),
    (".norm_att1", ".attention_norm"),
    (".norm1", ".joint_norm"),
    (".norm2", ".mlp_norm"),
    (".attn.proj", ".attention.project"),
    (".attn.", ".attention."),
    ("uMLP.linear512_256.linear", "mlp.down"),
    ("uMLP.linear256_256.linear", "mlp.across"),
    ("uMLP.linear256_512.linear", "mlp.up"),
    ("s_gcn2attn", "to_attention"),
    ("s_attn2gcn", "to_graph"),
    ("fcn", "last"),
]


def net_of(name="h36m17", width=16, **options):
    joints = skeleton(name)
    centre = joints.index(GRAPHS[name]["centre"])
    return IGANetwork(joints.parents, joints.mirror_pairs, centre, width, heads=4, **options)


def published_graph(name):
    return iganet_graph(*(GRAPHS[name][part] for part in ("bones", "pairs", "hops")))


def ours(state):
    """Published entries; the convolutions there have a kernel of length one."""
    return {
        name: tensor.squeeze(-1) if "convolution" in name and "weight" in name else tensor
        for name, tensor in renamed(state, NAMES).items()
    }


@pytest.mark.parametrize(
    ("name", "parameters"), [("h36m17", 10_623_657), ("panoptic15", 10_623_645)]
)
def test_parameter_counts(name, parameters):
    net = net_of(name, 512)
    assert count(net) == parameters
    assert sum(t.numel() for t in net.state_dict().values()) == parameters + 6


@pytest.mark.parametrize("name", GRAPHS)
def test_the_graph_is_the_published_one(name):
    joints = skeleton(name)
    centre = joints.index(GRAPHS[name]["centre"])
    graph = joint_graph(joints.parents, joints.mirror_pairs, centre)
    torch.testing.assert_close(graph.double(), published_graph(name))
    assert graph.sum().item() == pytest.approx(len(joints))
    torch.testing.assert_close(graph.sum((0, 1)), torch.ones(len(joints)))


def test_edges_towards_the_centre_come_from_farther_joints():
    """A chain of three whose first is the centre; the last has a twin."""
    graph = joint_graph([-1, 0, 1, 1], [(2, 3)], 0)
    towards, away = graph[1].nonzero().tolist(), graph[2].nonzero().tolist()
    assert towards == [[1, 0], [2, 1], [3, 1]]
    assert away == [[0, 1], [1, 2], [1, 3]]
    assert graph[3].nonzero().tolist() == [[2, 3], [3, 2]]
    # The middle joint has four: itself, the centre and two ends.
    assert graph[:, :, 1].max().item() == pytest.approx(1 / 4)


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("sdpa", [True, False])
def test_output_is_that_of_the_published_network(name, sdpa):
    joints = len(skeleton(name))
    state = filled(iganet_keys(joints, 16))
    net = net_of(name, sdpa=sdpa).double().eval()
    net.load_state_dict(ours(state))
    x = torch.randn(2, 3, joints, 2, dtype=torch.float64)
    expected = iganet_reference(state, x, published_graph(name), heads=4)
    # The graph is kept in float32.
    torch.testing.assert_close(net(x), expected, rtol=1e-6, atol=1e-5)
    assert expected.std() > 0.1


def test_published_names_and_shapes_are_all_used():
    with torch.device("meta"):
        keys = {name: torch.empty(shape) for name, shape in iganet_keys().items()}
    expected = {name: tuple(t.shape) for name, t in net_of(width=512).state_dict().items()}
    assert {name: tuple(t.shape) for name, t in ours(keys).items()} == expected


def test_the_share_of_what_graph_and_attention_give_each_other_is_as_published():
    buffers = {n: b.item() for n, b in net_of().named_buffers() if b.numel() == 1}
    expected = {"to_attention": 0.5, "to_graph": 0.8}
    assert len(buffers) == 6
    for name, value in buffers.items():
        assert value == pytest.approx(expected[name.split(".")[-1]])


def test_an_output_depends_on_every_keypoint_of_its_own_frame_alone():
    net = net_of().double().eval()
    x = torch.randn(2, 3, 17, 2, dtype=torch.float64, requires_grad=True)
    for pose in net(x)[1, 2]:
        (gradient,) = torch.autograd.grad(pose.sum(), x, retain_graph=True)
        assert (gradient[1, 2].abs() > 1e-9).all()
        gradient[1, 2] = 0
        assert not gradient.any()


def test_frames_together_are_frames_alone():
    net = net_of().double().eval()
    x = torch.randn(3, 4, 17, 2, dtype=torch.float64)
    alone = torch.stack(
        [torch.cat([net(x[b, t][None, None]) for t in range(4)], 1)[0] for b in range(3)]
    )
    torch.testing.assert_close(net(x), alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("activation", [True, False])
def test_gradients_reach_every_parameter(activation):
    net = net_of(drop_path=0.0, encoder_activation=activation).double()
    net(torch.randn(4, 2, 17, 2, dtype=torch.float64)).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad.abs().max() > 1e-9, name


@pytest.mark.parametrize("activation", [True, False])
def test_the_published_encoder_is_affine_the_other_is_not(activation):
    net = net_of(encoder_activation=activation).double()
    tokens = []
    net.blocks[0].register_forward_pre_hook(lambda _, args: tokens.append(args[0]))
    a, b = torch.randn(2, 1, 1, 17, 2, dtype=torch.float64)
    for x in (a, b, (a + b) / 2):
        net(x)
    assert torch.allclose((tokens[0] + tokens[1]) / 2, tokens[2]) is not activation


def test_dropout_is_as_published_or_off():
    net = net_of(drop_path=0.3)
    block = net.blocks[1]
    assert block.attention.dropout.p == 0.2
    assert block.attention_dropout.p == 0.25
    assert block.exchange_dropout.p == 0.15
    assert [block.mlp.down[2].p, block.mlp.across[2].p, block.mlp.up[2].p] == [0.2] * 3
    assert [b.drop_path.p for b in net.blocks] == pytest.approx([0, 0.15, 0.3])
    without = net_of(dropout=False, drop_path=0.0)
    assert all(m.p == 0 for m in without.modules() if isinstance(m, Dropout))
    x = torch.randn(2, 1, 17, 2)
    torch.testing.assert_close(without.train()(x), without.eval()(x))
