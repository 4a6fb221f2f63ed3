import pytest
import scipy.fft
import torch

from lifting.errors import InputError
from lifting.nets.poseformer_v2 import (
    PoseFormerV2Net,
    cosine_transform,
    inverse_cosine_transform,
)
from tests.lifting.nets.published import (
    filled,
    poseformer_v2_keys,
    poseformer_v2_reference,
    renamed,
)
from tests.lifting.nets.test_poseformer import BLOCK, count, transformer

NAMES = [
    ("Spatial_blocks.", "spatial._."),
    ("blocks.", "temporal."),
    ("spatial._.", "spatial.blocks."),
    ("Joint_embedding", "spatial.embed"),
    ("Freq_embedding", "embed"),
    ("Spatial_pos_embed", "spatial.position"),
    ("Temporal_pos_embed_", "frequency_position"),
    ("Temporal_pos_embed", "frame_position"),
    ("Spatial_norm", "spatial.norm"),
    ("Temporal_norm", "norm"),
    ("weighted_mean_", "frame_mean"),
    ("weighted_mean", "frequency_mean"),
    (".mlp1.fc1.", ".first.0."),
    (".mlp1.fc2.", ".first.2."),
    (".mlp2.fc1.", ".others.0."),
    (".mlp2.fc2.", ".others.2."),
    (".norm3.", ".others_norm."),
]
# The feed-forward networks of the mixed blocks have norms of other names than the plain ones.
NAMES += [(a, b) for a, b in BLOCK if a != ".norm2."]
SIZES = [(9, 3, 3), (9, 1, 3), (9, 5, 2), (8, 3, 4), (9, 1, 1)]


def ours(state):
    out = {}
    for name, tensor in renamed(state, NAMES).items():
        kind = "first_norm" if name.startswith("temporal") else "feed_forward_norm"
        out[name.replace("norm2", kind)] = tensor
    return out


def small(frames=9, kept=3, coefficients=2, **options):
    return PoseFormerV2Net(5, 5, frames, kept, coefficients, 8, 2, 4, **options).double()


@pytest.mark.parametrize("size", [1, 2, 3, 9, 27, 81, 243])
def test_the_transform_is_scipys_unnormalised_one(size):
    x = torch.randn(size, 4, dtype=torch.float64)
    expected = torch.from_numpy(scipy.fft.dct(x.numpy(), type=2, axis=0, norm=None))
    torch.testing.assert_close(cosine_transform(size) @ x, expected, rtol=0, atol=1e-9)
    back = torch.from_numpy(scipy.fft.idct(x.numpy(), type=2, axis=0, norm=None))
    torch.testing.assert_close(inverse_cosine_transform(size) @ x, back, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("kept", "coefficients"), [(1, 3), (3, 3), (9, 9), (27, 27)])
def test_parameter_counts(kept, coefficients):
    narrow, wide = 32, 32 * 17
    mixed = transformer(4, wide) + 4 * (4 * wide**2 + 3 * wide + 2 * wide)
    expected = (
        transformer(4, narrow)
        + mixed
        + (2 + 1 + 17) * narrow
        + (34 + 1) * wide  # embedding of frequencies
        + (kept + coefficients) * wide
        + 2 * (narrow + wide)
        + (kept + 1 + coefficients + 1)
        + (4 * wide + (2 * wide + 1) * 51)
    )
    with torch.device("meta"):
        net = PoseFormerV2Net(frames=81, kept=kept, coefficients=coefficients)
    assert count(net) == expected


@pytest.mark.parametrize(("frames", "kept", "coefficients"), SIZES)
@pytest.mark.parametrize("legacy", [True, False])
def test_output_is_that_of_the_published_network(frames, kept, coefficients, legacy):
    state = filled(poseformer_v2_keys(kept, coefficients, 5, 8, 2))
    net = small(frames, kept, coefficients, legacy_split=legacy).eval()
    net.load_state_dict(ours(state))
    x = torch.randn(3, frames, 5, 2, dtype=torch.float64)
    split = None if legacy else coefficients
    expected = poseformer_v2_reference(state, x, depth=2, heads=4, split=split)
    # The transforms are kept in float32.
    torch.testing.assert_close(net(x), expected, rtol=0, atol=1e-5)
    assert expected.std() > 0.1


def test_published_names_and_shapes_are_all_used():
    with torch.device("meta"):
        net = PoseFormerV2Net(frames=81, kept=1, coefficients=3)
        keys = {name: torch.empty(shape) for name, shape in poseformer_v2_keys(1, 3).items()}
    expected = {name: tuple(t.shape) for name, t in net.state_dict().items()}
    assert {name: tuple(t.shape) for name, t in ours(keys).items()} == expected


def test_fused_and_plain_attention_agree():
    fused, plain = small(sdpa=True).eval(), small(sdpa=False).eval()
    plain.load_state_dict(fused.state_dict())
    x = torch.randn(3, 9, 5, 2, dtype=torch.float64)
    torch.testing.assert_close(fused(x), plain(x), rtol=0, atol=1e-10)


def test_the_split_matters_only_where_frames_and_frequencies_differ_in_number():
    for kept, coefficients, same in [(3, 3, True), (3, 2, True), (5, 3, False), (1, 3, False)]:
        legacy = small(9, kept, coefficients, legacy_split=True).eval()
        right = small(9, kept, coefficients).eval()
        right.load_state_dict(legacy.state_dict())
        x = torch.randn(3, 9, 5, 2, dtype=torch.float64)
        assert torch.allclose(right(x), legacy(x)) is same


def test_an_output_does_not_depend_on_the_rest_of_the_batch():
    net = small().eval()
    x = torch.randn(4, 9, 5, 2, dtype=torch.float64)
    alone = torch.cat([net(window[None]) for window in x])
    torch.testing.assert_close(net(x), alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("coefficients", [2, 3])
def test_an_output_depends_on_every_frame_and_every_keypoint(coefficients):
    """One frame alone is kept: the others come in by their low frequencies."""
    x = torch.randn(1, 9, 5, 2, dtype=torch.float64, requires_grad=True)
    net = small(9, 1, coefficients).eval()
    for value in net(x).flatten():
        (gradient,) = torch.autograd.grad(value, x, retain_graph=True)
        assert (gradient.abs() > 1e-9).all()


def test_with_the_mean_alone_frames_outside_the_centre_are_interchangeable():
    """One coefficient is the sum over time, so that order shows in the kept frame only."""
    net = small(9, 1, 1).eval()
    x = torch.randn(2, 9, 5, 2, dtype=torch.float64)
    shuffled = x[:, [8, 3, 0, 1, 4, 2, 7, 5, 6]]
    torch.testing.assert_close(net(shuffled), net(x), rtol=0, atol=1e-5)
    assert not torch.allclose(net(x[:, [4, 1, 2, 3, 0, 5, 6, 7, 8]]), net(x), atol=1e-3)


@pytest.mark.parametrize("legacy", [True, False])
def test_gradients_reach_every_parameter(legacy):
    net = small(9, 3, 2, drop_path=0.0, legacy_split=legacy)
    net(torch.randn(4, 9, 5, 2, dtype=torch.float64)).square().sum().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad.abs().max() > 1e-9, name


@pytest.mark.parametrize(("kept", "coefficients"), [(10, 3), (3, 10), (0, 3), (3, 0)])
def test_more_tokens_than_frames_are_refused(kept, coefficients):
    with pytest.raises(InputError, match=f"{kept} frames and {coefficients} frequencies .* of 9"):
        small(9, kept, coefficients)
