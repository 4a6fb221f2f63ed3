import pytest
import torch

from lifting.nets.poseformer import PoseFormerNet
from tests.lifting.nets.published import (
    filled,
    poseformer_keys,
    poseformer_reference,
    renamed,
)

BLOCK = [
    (".norm1.", ".attention_norm."),
    (".attn.proj.", ".attention.project."),
    (".attn.", ".attention."),
    (".norm2.", ".feed_forward_norm."),
    (".mlp.fc1.", ".feed_forward.0."),
    (".mlp.fc2.", ".feed_forward.2."),
]
NAMES = [
    ("Spatial_blocks.", "spatial._."),
    ("blocks.", "temporal."),
    ("spatial._.", "spatial.blocks."),
    ("Spatial_patch_to_embedding", "spatial.embed"),
    ("Spatial_pos_embed", "spatial.position"),
    ("Temporal_pos_embed", "position"),
    ("Spatial_norm", "spatial.norm"),
    ("Temporal_norm", "norm"),
    ("weighted_mean", "mean"),
    *BLOCK,
]


def small(**options):
    return PoseFormerNet(5, 5, frames=7, width=8, depth=2, heads=4, **options).double()


def transformer(depth, width, ratio=2):
    """Parameters: four square matrices, two of the feed-forward network, biases, two norms."""
    return depth * ((4 + 2 * ratio) * width**2 + (4 + ratio + 1) * width + 4 * width)


def count(net):
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize("frames", [9, 27, 81])
def test_parameter_counts(frames):
    narrow, wide = 32, 32 * 17
    expected = (
        transformer(4, narrow)
        + transformer(4, wide)
        + (2 + 1 + 17) * narrow  # embedding and positions of joints
        + frames * wide  # positions of frames
        + 2 * (narrow + wide)  # norms
        + (frames + 1)  # weighted mean
        + (2 * wide + (wide + 1) * 51)  # head
    )
    with torch.device("meta"):
        assert count(PoseFormerNet(frames=frames)) == expected
    if frames == 81:
        assert f"{expected / 1e6:.2f} M" == "9.60 M"  # as published


@pytest.mark.parametrize("sdpa", [True, False])
def test_output_is_that_of_the_published_network(sdpa):
    state = filled(poseformer_keys(7, 5, 8, 2))
    net = small(sdpa=sdpa).eval()
    net.load_state_dict(renamed(state, NAMES))
    x = torch.randn(3, 7, 5, 2, dtype=torch.float64)
    expected = poseformer_reference(state, x, depth=2, heads=4)
    torch.testing.assert_close(net(x), expected, rtol=0, atol=1e-9)


def test_published_names_and_shapes_are_all_used():
    with torch.device("meta"):
        ours = {name: tuple(t.shape) for name, t in PoseFormerNet().state_dict().items()}
    keys = {name: torch.empty(shape, device="meta") for name, shape in poseformer_keys().items()}
    assert {name: tuple(t.shape) for name, t in renamed(keys, NAMES).items()} == ours


def test_an_output_does_not_depend_on_the_rest_of_the_batch():
    net = small().eval()
    x = torch.randn(4, 7, 5, 2, dtype=torch.float64)
    alone = torch.cat([net(window[None]) for window in x])
    torch.testing.assert_close(net(x), alone, rtol=0, atol=1e-12)


def test_an_output_depends_on_every_frame_and_every_keypoint():
    x = torch.randn(1, 7, 5, 2, dtype=torch.float64, requires_grad=True)
    net = small().eval()
    for value in net(x).flatten():
        (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
        assert (gradient.abs() > 1e-9).all()


def test_gradients_reach_every_parameter():
    net = small(drop_path=0.0)
    net(torch.randn(4, 7, 5, 2, dtype=torch.float64)).square().sum().backward()
    for name, parameter in net.named_parameters():
        # The norm behind the weighted mean takes its bias off again.
        reached = parameter.grad.abs().max() > 1e-9
        assert reached == (name != "mean.bias"), name


def test_joints_out_may_differ_from_keypoints_in():
    net = PoseFormerNet(6, 4, frames=3, width=8, depth=1, heads=4)
    assert net(torch.randn(2, 3, 6, 2)).shape == (2, 1, 4, 3)


def test_paths_are_dropped_more_often_the_deeper():
    net = PoseFormerNet(5, 5, frames=3, width=8, depth=3, heads=4, drop_path=0.3)
    for blocks in (net.spatial.blocks, net.temporal):
        assert [block.drop_path.p for block in blocks] == pytest.approx([0, 0.15, 0.3])
