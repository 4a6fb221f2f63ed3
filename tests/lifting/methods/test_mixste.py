import numpy as np
import pytest
import torch

from lifting.errors import InputError
from lifting.geometry import centre
from lifting.methods.mixste import MixSTE
from lifting.skeletons import skeleton
from tests.lifting.methods.bases.test_sequence_lifter import batch, set_up

# In the order of the published code.
WEIGHTS = [1, 1, 2.5, 2.5, 1, 2.5, 2.5, 1, 1, 1, 1.5, 1.5, 4, 4, 1.5, 4, 4]


def method(**options):
    return MixSTE(frames=9, width=16, depth=2, heads=4, **options).eval()


def loss_by_hand(pred, target, valid, smoothness, velocity):
    """Sums over the frames and steps that are valid, one by one."""
    weights = np.array(WEIGHTS)
    position, smooth, moved = [], [], []
    for p, g, v in zip(pred, target, valid, strict=True):
        for t in np.flatnonzero(v):
            position.append((weights * np.linalg.norm(p[t] - g[t], axis=-1)).mean())
            if t + 1 < len(v) and v[t + 1]:
                step = p[t + 1] - p[t]
                smooth.append((weights[:, None] * step**2).mean())
                moved.append(np.linalg.norm(step - (g[t + 1] - g[t]), axis=-1).mean())
    return np.mean(position) + smoothness * np.mean(smooth) + velocity * np.mean(moved)


@pytest.mark.parametrize(("smoothness", "velocity"), [(0.5, 2.0), (3.0, 0.0)])
def test_the_loss_is_weighted_mpjpe_with_smoothness_and_velocity(smoothness, velocity):
    model = method(smoothness=smoothness, velocity=velocity)
    some = batch(4, frames=9, chunk=9)
    some["valid"][0, 6:] = False
    some["valid"][1, :3] = False
    pred = model.lift_to_metres(some["keypoints"], some["camera"]).double().detach().numpy()
    target = centre(some["pose"], skeleton("h36m17").root).double().numpy() / 1000
    expected = loss_by_hand(pred, target, some["valid"].numpy(), smoothness, velocity)
    assert model.loss(some).item() == pytest.approx(expected, rel=1e-5)


def gradient_of(some, words, **weights):
    """Gradient of the loss with respect to what the network says, metres."""
    model = method(**({"smoothness": 0.0, "velocity": 0.0} | weights))
    said = words.clone().requires_grad_()
    model.lift_to_metres = lambda *seen: said
    (gradient,) = torch.autograd.grad(model.objective(some)["loss"], said)
    return gradient


@pytest.mark.parametrize("term", ["velocity", "smoothness"])
def test_terms_of_movement_pull_at_movements_and_leave_places(term):
    some = batch(3, frames=9, chunk=9)
    words = torch.randn(3, 9, 17, 3)
    gradient = gradient_of(some, words, **{term: 1.0}) - gradient_of(some, words)
    moved = words - 0.5 * gradient
    wanted = torch.zeros_like(words)
    if term == "velocity":
        wanted = centre(some["pose"], skeleton("h36m17").root) / 1000

    def errors(x):
        return (x - wanted).diff(dim=1).norm(dim=-1).mean().item()

    assert errors(moved) < errors(words) - 1e-3
    torch.testing.assert_close(moved.mean(1), words.mean(1), atol=1e-5, rtol=0)


def test_the_published_gradient_is_that_of_the_loss_times_the_loss():
    some = batch(4, frames=9, chunk=9)
    gradients = {}
    for scaled in (False, True):
        torch.manual_seed(0)
        model = method(scaled_gradient=scaled)
        losses = model.objective(some)
        gradients[scaled] = torch.autograd.grad(losses["loss"], list(model.parameters()))
        losses = {name: value.item() for name, value in losses.items()}
    assert losses["loss"] == pytest.approx(losses["unscaled"] ** 2 / 2)
    # As the original's loss.backward(loss.detach()).
    for plain, scaled in zip(gradients[False], gradients[True], strict=True):
        torch.testing.assert_close(scaled, losses["unscaled"] * plain)
    assert abs(losses["unscaled"] - 1) > 0.1


def test_positions_begin_at_zero_as_published_where_asked():
    for std in (0.0, 0.5):
        net = MixSTE(frames=81, width=64, depth=1, position_std=std).net
        for positions in (net.joint_position, net.frame_position):
            assert positions.std().item() == pytest.approx(std, rel=0.1)
    with pytest.raises(InputError, match=r"model.position_std is -1.0: give 0 or more"):
        method(position_std=-1.0)


def test_every_frame_of_a_window_comes_out_root_at_zero():
    model, some = method(), batch(4, frames=9, chunk=9)
    pose = model(some["keypoints"], some["camera"])
    assert pose.shape == (4, 9, 17, 3)
    assert not pose[:, :, 0].any()


def test_windows_must_be_cut_as_wholes():
    set_up(method(), receptive_field=1, chunk=9)
    for cut in ({"receptive_field": 9, "chunk": 1}, {"receptive_field": 1, "chunk": 27}):
        with pytest.raises(InputError, match=r"--data.receptive_field 1 --data.chunk 9"):
            set_up(method(), **cut)


def test_keypoints_of_other_joints_are_refused():
    with pytest.raises(InputError, match="every keypoint to a joint"):
        method(keypoint_skeleton="mpii16")


def test_a_joint_whose_name_has_no_weight_counts_one():
    weights = MixSTE(
        frames=3, width=16, depth=1, skeleton="panoptic15", keypoint_skeleton="panoptic15"
    ).joint_weights
    joints = skeleton("panoptic15").joints
    assert weights[joints.index("nose")] == 1
    assert weights[joints.index("left_wrist")] == 4


@pytest.mark.parametrize(("frames", "count"), [(27, 33_673_219), (243, 33_783_811)])
def test_published_parameter_counts(frames, count):
    with torch.device("meta"):
        assert sum(p.numel() for p in MixSTE(frames=frames).parameters()) == count
