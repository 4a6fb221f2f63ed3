import pytest
import torch

from lifting.nets.motion_agformer import (
    PUBLISHED_GRAPH,
    GraphConvolution,
    MotionAGFormerNet,
    bone_graph,
    most_similar,
    normalised,
)
from lifting.skeletons import skeleton
from tests.lifting.nets.published import renamed
from tests.lifting.nets.published_two_streams import (
    EDGES,
    gathered,
    motion_agformer_keys,
    motion_agformer_reference,
    similar,
)
from tests.lifting.nets.published_video_pose_3d import made_state
from tests.lifting.nets.test_poseformer import count

BODY = skeleton("h36m17")
SMALL = {"frames": 6, "width": 16, "depth": 2, "heads": 4, "representation": 8}
NAMES = [
    *(("att_spatial", "spatial_attention"), ("att_temporal", "temporal_attention")),
    *(("graph_spatial", "spatial_graph"), ("graph_temporal", "temporal_graph")),
    *((".norm1.", ".mixer_norm."), (".norm2.", ".feed_forward_norm.")),
    *((".layer_scale_1", ".mixer_scale"), (".layer_scale_2", ".feed_forward_scale")),
    *((".mlp.fc1.", ".feed_forward.0."), (".mlp.fc2.", ".feed_forward.2.")),
    *((".U.", ".itself."), (".V.", ".gathered."), (".batch_norm.", ".norm.")),
    *((".proj.", ".project."), (".fusion.", ".fusion.weigh.")),
    *(("joints_embed", "embed"), ("pos_embed", "joint_position")),
    *(("head", "head.last"), ("rep_logit.fc", "head.represent")),
]
VARIANTS = {
    "xs": ({"frames": 27, "width": 64, "depth": 12}, 2_241_531, 801),
    "s": ({"frames": 81, "width": 64, "depth": 26}, 4_817_119, 1_725),
    "b": ({"frames": 243, "width": 128, "depth": 16}, 11_723_811, 1_065),
    "l": ({"frames": 243, "width": 128, "depth": 26}, 19_007_111, 1_725),
    "b, 81 frames": ({"frames": 81, "width": 128, "depth": 16}, 11_718_627, 1_065),
    "l, 81 frames": ({"frames": 81, "width": 128, "depth": 26}, 18_998_687, 1_725),
}


def ours(state):
    named = renamed(state, NAMES)
    return {f"head.{n}" if n.startswith("norm.") else n: tensor for n, tensor in named.items()}


def filled_state():
    return made_state(motion_agformer_keys(6, 17, 16, 2, 8))


@pytest.mark.parametrize("case", VARIANTS)
def test_parameter_counts_names_and_shapes_of_the_published_sizes(case):
    options, parameters, tensors = VARIANTS[case]
    with torch.device("meta"):
        net = MotionAGFormerNet(**options)
        keys = motion_agformer_keys(options["frames"], 17, options["width"], options["depth"])
        found = ours({name: torch.empty(shape) for name, shape in keys.items()})
    assert count(net) == parameters
    assert len(keys) == tensors
    expected = {name: tuple(t.shape) for name, t in net.state_dict().items()}
    assert {name: tuple(t.shape) for name, t in found.items()} == expected


@pytest.mark.parametrize("graph", ["published", "bones"])
def test_output_is_that_of_the_published_network(graph):
    """The repaired graph lacks none of the three edges; nothing else differs."""
    edges = dict(EDGES)
    if graph == "bones":
        edges |= {0: [1, 4, 7], 8: [7, 9, 11, 14]}
    table = PUBLISHED_GRAPH if graph == "published" else bone_graph(BODY.parents)
    assert {i: sorted(others) for i, others in edges.items()} == dict(enumerate(map(list, table)))
    state, x = filled_state(), torch.randn(2, 6, 17, 3, dtype=torch.float64)
    expected = motion_agformer_reference(state, x, depth=2, heads=4, edges=edges)
    assert expected.std() > 0.1
    for legacy_ties in (True, False):
        net = MotionAGFormerNet(table, **SMALL, legacy_ties=legacy_ties).double().eval()
        net.load_state_dict(ours(state))
        torch.testing.assert_close(net(x), expected, rtol=0, atol=1e-11)


def test_graph_is_gathered_from_the_neighbours_by_row():
    values = torch.randn(17, 4, dtype=torch.float64)
    adjacency = torch.zeros(17, 17, dtype=torch.float64)
    for joint, others in enumerate(PUBLISHED_GRAPH):
        adjacency[joint, list(others)] = 1
    torch.testing.assert_close(normalised(adjacency) @ values, gathered(EDGES, values))


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("legacy_ties", [True, False])
def test_the_most_similar_frames_are_neighbours(legacy_ties, count):
    x = torch.randn(3, 7, 4, dtype=torch.float64)
    graph = most_similar(x, count, legacy_ties)
    for found, edges in zip(graph, similar(x, count), strict=True):
        chosen = {i: row.nonzero().flatten().tolist() for i, row in enumerate(found)}
        assert chosen == edges
        torch.testing.assert_close(found[found > 0], torch.full((7 * count,), 1 / count).double())


def test_all_frames_that_are_as_similar_are_neighbours_as_published():
    x = torch.tensor([[[2.0, 0.0], [0.0, 1.0], [2.0, 0.0], [2.0, 0.0]]], dtype=torch.float64)
    graph = most_similar(x, 2, legacy_ties=True)[0]
    # Nothing is like the second, so that all others tie behind it.
    edges = {0: [0, 2, 3], 1: [0, 1, 2, 3], 2: [0, 2, 3], 3: [0, 2, 3]}
    expected = gathered(edges, torch.eye(4, dtype=torch.float64))
    torch.testing.assert_close(graph, expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_of_equal_frames_the_nearest_are_neighbours_whatever_rounding(dtype):
    frame = torch.randn(8, dtype=dtype)
    repeated = frame.expand(1, 9, 8).clone()
    expected = torch.zeros(9, 9, dtype=dtype)
    for i in range(9):
        expected[i, i] = expected[i, max(i - 1, 0)] = 0.5
    expected[0, 1] = 0.5
    eps = torch.finfo(dtype).eps
    for _ in range(5):
        x = repeated * (1 + eps * torch.randn(1, 9, 8, dtype=dtype))
        assert torch.equal(most_similar(x, 2)[0], expected)
    assert torch.equal(most_similar(0 * repeated, 2)[0], expected)


def test_more_neighbours_than_frames_are_all_of_them():
    graph = most_similar(torch.randn(2, 3, 4), 5)
    torch.testing.assert_close(graph, torch.full((2, 3, 3), 1 / 3))


def test_batch_normalisation_is_over_everything_but_the_tokens():
    layer = GraphConvolution(3, 4).double().train()
    x = torch.randn(5, 3, 4, dtype=torch.float64)
    layer(x, torch.eye(3).double())
    u = x @ (layer.gathered.weight + layer.itself.weight).T
    u = u + layer.gathered.bias + layer.itself.bias
    mean = 0.1 * u.mean((0, 2))
    torch.testing.assert_close(layer.norm.running_mean, mean)
    torch.testing.assert_close(layer.norm.running_var, 0.9 + 0.1 * u.var((0, 2)))


def test_weights_begin_as_published():
    net = MotionAGFormerNet(frames=9, width=64, depth=1)
    state = net.state_dict()
    assert not net.joint_position.any()
    for name, tensor in state.items():
        if "scale" in name:
            assert tensor.unique().item() == pytest.approx(1e-5)
        if name.endswith(("itself.weight", "gathered.weight")):
            assert tensor.std().item() == pytest.approx((2 / 64) ** 0.5, rel=0.1)
        if name.endswith("mixer.qkv.weight"):
            assert tensor.abs().max().item() == pytest.approx(64**-0.5, rel=0.01)
    assert not any(name.endswith("qkv.bias") for name in state)


def test_gradients_reach_every_parameter_and_every_input():
    net = MotionAGFormerNet(**SMALL).double()
    # With branches as large as those of trained networks.
    net.load_state_dict(ours(filled_state()))
    x = torch.randn(4, 6, 17, 3, dtype=torch.float64, requires_grad=True)
    net(x).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad.abs().max() > 1e-12, name
    assert (x.grad.abs() > 1e-12).all()


def test_paths_are_dropped_more_often_the_deeper():
    net = MotionAGFormerNet(**{**SMALL, "depth": 3}, drop_path=0.1)
    rates = [layer.temporal_graph.drop_path.p for layer in net.layers]
    assert rates == pytest.approx([0, 0.05, 0.1])
