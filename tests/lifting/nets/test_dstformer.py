from functools import partial

import pytest
import torch

from lifting.errors import InputError
from lifting.nets.dstformer import INITIAL, DSTformerNet
from tests.lifting.nets.published import renamed
from tests.lifting.nets.published_two_streams import dstformer_keys, dstformer_reference
from tests.lifting.nets.published_video_pose_3d import made_state
from tests.lifting.nets.test_poseformer import count

SMALL = {"width": 16, "depth": 2, "representation": 8}
NAMES = [
    *(("blocks_st", "joints_first"), ("blocks_ts", "frames_first")),
    *(
        (f"{published}_{suffix}.", f"{ours}.")
        for suffix, stream in (("s", "spatial"), ("t", "temporal"))
        for published, ours in (
            ("norm1", f"{stream}.attention_norm"),
            ("norm2", f"{stream}.feed_forward_norm"),
            ("attn", f"{stream}.attention"),
            ("mlp", f"{stream}.feed_forward"),
        )
    ),
    *((".proj.", ".project."), (".fc1.", ".0."), (".fc2.", ".2.")),
    *((f"ts_attn.{i}", f"fusion.{i}.weigh") for i in range(5)),
    *(("joints_embed", "embed"), ("pos_embed", "joint_position"), ("temp_embed", "frame_position")),
    *(("head", "head.last"), ("pre_logits.fc", "head.represent")),
]


def small(**options):
    return DSTformerNet(
        5, 6, **{"places": 8, "heads": 4, "mlp_ratio": 3, **SMALL, **options}
    ).double()


def ours(state):
    named = renamed(state, NAMES)
    return {f"head.{n}" if n.startswith("norm.") else n: tensor for n, tensor in named.items()}


@pytest.mark.parametrize(
    ("options", "parameters"),
    [({}, 42_466_317), ({"width": 256, "mlp_ratio": 4}, 16_001_549)],
)
def test_parameter_counts(options, parameters):
    with torch.device("meta"):
        assert count(DSTformerNet(**options)) == parameters


@pytest.mark.parametrize("ratio", [2, 4])
def test_published_names_and_shapes_are_all_used(ratio):
    width = 1024 // ratio
    with torch.device("meta"):
        net = DSTformerNet(width=width, mlp_ratio=ratio)
        keys = {n: torch.empty(s) for n, s in dstformer_keys(width=width, ratio=ratio).items()}
    expected = {name: tuple(t.shape) for name, t in net.state_dict().items()}
    assert len(keys) == 260
    assert {name: tuple(t.shape) for name, t in ours(keys).items()} == expected


@pytest.mark.parametrize("frames", [4, 6])
@pytest.mark.parametrize("sdpa", [True, False])
def test_output_is_that_of_the_published_network(sdpa, frames):
    """Also of clips that are shorter than the places."""
    state = made_state(dstformer_keys(5, 16, 2, 3, 8, 8))
    net = small(sdpa=sdpa).eval()
    net.load_state_dict(ours(state))
    x = torch.randn(3, frames, 5, 3, dtype=torch.float64)
    expected = dstformer_reference(state, x, depth=2, heads=4)
    assert expected.std() > 0.1
    torch.testing.assert_close(net(x), expected, rtol=0, atol=1e-12)


def test_weights_begin_as_published():
    net = DSTformerNet(frames=27, width=256, depth=1)
    for name, parameter in net.named_parameters():
        if "fusion" in name:
            assert parameter.unique().tolist() in ([0.0], [0.5])
        elif "norm" in name or name.endswith("bias"):
            assert parameter.unique().tolist() == [float(name.endswith("weight"))]
        else:
            assert parameter.std().item() == pytest.approx(INITIAL, rel=0.15), name


def test_gradients_reach_every_parameter_and_every_input():
    net = small()
    x = torch.randn(4, 6, 5, 3, dtype=torch.float64, requires_grad=True)
    net(x).square().sum().backward()
    unused = net.frame_position.grad[:, 6:]
    assert not unused.any()
    for name, parameter in net.named_parameters():
        # No output changes with what is added to all keys alike.
        grad = parameter.grad
        if name.endswith("qkv.bias"):
            grad = grad.unflatten(0, (3, -1))[::2]
        assert grad.abs().max() > 1e-12, name
    assert (x.grad.abs() > 1e-12).all()


def test_paths_are_dropped_more_often_the_deeper():
    net = small(depth=3, drop_path=0.1)
    for stream in (net.joints_first, net.frames_first):
        rates = [block.temporal.drop_path.p for block in stream]
        assert rates == pytest.approx([0, 0.05, 0.1])


def test_more_frames_than_places_are_refused():
    with pytest.raises(InputError, match=r"places for 8 frames, the window has 9: lower frames"):
        partial(DSTformerNet, frames=9, places=8)(**SMALL)
