import numpy as np
import pytest
import torch

from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.geometry import centre
from lifting.methods.simple_baseline import SimpleBaseline
from lifting.skeletons import skeleton

pytestmark = pytest.mark.slow(reason="trains to the end", shapes=True)

H36M17 = skeleton("h36m17")


def camera(frames):
    one = torch.ones(frames)
    return Camera(
        focal=1000 * torch.ones(frames, 2),
        principal=torch.tensor([510.0, 390.0]).repeat(frames, 1),
        radial=torch.zeros(frames, 3),
        tangential=torch.zeros(frames, 2),
        tangential_gain=one,
        size=torch.tensor([1000.0, 800.0]).repeat(frames, 1),
        rotation=torch.eye(3).expand(frames, 3, 3),
        position=torch.zeros(frames, 3),
    )


def batch(frames=256, seed=0, joints=17):
    """Absolute poses that are a fixed linear function of the keypoints."""
    draw = torch.Generator().manual_seed(seed)
    weights = torch.randn(2 * joints, 51, generator=torch.Generator().manual_seed(99))
    keypoints = 500 + 80 * torch.randn(frames, 1, joints, 2, generator=draw)
    pose = ((keypoints - 500).flatten(1) @ weights).view(frames, 1, 17, 3)
    pose += torch.tensor([0.0, 0.0, 5000.0])
    valid = torch.ones(frames, 1, dtype=torch.bool)
    return {"keypoints": keypoints, "pose": pose, "camera": camera(frames), "valid": valid}


def relative(data):
    return centre(data["pose"], H36M17.root)


def method(data, **options):
    model = SimpleBaseline(**({"width": 64, "dropout": 0.0} | options))
    model.fit_statistics(data["keypoints"][:, 0], relative(data)[:, 0])
    return model


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ({}, 4_296_755),
        ({"keypoint_skeleton": "h36m16", "predict_root": False}, 4_291_632),
    ],
)
def test_parameter_counts(options, parameters):
    model = SimpleBaseline(**options)
    assert sum(p.numel() for p in model.parameters()) == parameters


def by_hand(model, data, with_root):
    """Standardised pixels through the network, and out of it as standardised millimetres."""
    keypoints = data["keypoints"][:, 0].double().numpy()
    pose = relative(data)[:, 0].double().numpy()
    x = (keypoints - keypoints.mean(0)) / keypoints.std(0)
    joints = list(range(17)) if with_root else list(range(1, 17))
    net = model.net.double()
    out = net(torch.from_numpy(x).flatten(1)).detach().numpy().reshape(len(x), len(joints), 3)
    model.net.float()
    standard = np.zeros_like(pose)
    standard[:, joints] = out
    return standard, standard * pose.std(0) + pose.mean(0), pose


@pytest.mark.parametrize("with_root", [True, False])
def test_forward_standardises_pixels_and_returns_root_relative_millimetres(with_root):
    data = batch()
    model = method(data, predict_root=with_root).eval()
    _, expected, _ = by_hand(model, data, with_root)
    pose = model(data["keypoints"], data["camera"])
    assert pose.shape == (256, 1, 17, 3)
    np.testing.assert_allclose(pose[:, 0].detach(), expected, rtol=1e-3, atol=0.05)


@pytest.mark.parametrize("with_root", [True, False])
def test_the_root_is_exactly_zero(with_root):
    data = batch()
    pose = method(data, predict_root=with_root).eval()(data["keypoints"], data["camera"])
    assert not pose[:, :, H36M17.root].any()
    assert pose[:, :, 1:].abs().min() > 0


@pytest.mark.parametrize("with_root", [True, False])
def test_the_loss_is_the_mean_square_of_standardised_differences(with_root):
    data = batch()
    model = method(data, predict_root=with_root).eval()
    standard, _, pose = by_hand(model, data, with_root)
    target = np.zeros_like(pose)
    target[:, 1:] = (pose[:, 1:] - pose[:, 1:].mean(0)) / pose[:, 1:].std(0)
    expected = np.mean((standard - target) ** 2)
    assert model.loss(data).item() == pytest.approx(expected, rel=1e-4)


def test_the_loss_does_not_depend_on_where_the_person_stands():
    data = batch()
    model = method(data).eval()
    moved = data | {"pose": data["pose"] + torch.tensor([300.0, -200.0, 1000.0])}
    assert model.loss(moved).item() == pytest.approx(model.loss(data).item(), rel=1e-4)


def test_it_learns_a_linear_problem():
    data, unseen = batch(2048), batch(512, seed=1)
    model = method(data, width=128)
    optimiser = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.0)

    def error():
        model.eval()
        with torch.no_grad():
            pose = model(unseen["keypoints"], unseen["camera"])
        model.train()
        return (pose - relative(unseen)).norm(dim=-1).mean().item()

    before = error()
    losses = []
    for _ in range(25):
        for part in torch.randperm(2048).split(128):
            some = {k: v[part] for k, v in data.items()}
            loss = model.loss(some)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]
    assert error() < 0.35 * before


def test_statistics_and_weights_travel_together_in_the_state_dict():
    data = batch()
    model = method(data).eval()
    other = SimpleBaseline(width=64, dropout=0.0).eval()
    other.load_state_dict(model.state_dict())
    keypoints, seen_by = data["keypoints"], data["camera"]
    assert torch.equal(other(keypoints, seen_by), model(keypoints, seen_by))


def test_weights_of_another_width_are_refused():
    with pytest.raises(InputError, match="another shape"):
        SimpleBaseline(width=32).load_state_dict(SimpleBaseline(width=64).state_dict())


def test_predictions_with_a_mirrored_twin_are_symmetric():
    """The pose of the mirrored image is the mirrored pose, which one pass alone does not give."""
    data = batch(frames=8)
    swapped = list(H36M17.mirror)
    mirrored = data["keypoints"][:, :, swapped].clone()
    mirrored[..., 0] = 1000 - mirrored[..., 0]
    twin = data | {"keypoints": mirrored, "camera": data["camera"].mirrored()}
    sign = torch.tensor([-1.0, 1.0, 1.0])
    for flip_test in (True, False):
        model = method(batch(), flip_test=flip_test).eval()
        there, back = model.lift(data), model.lift(twin)[:, :, swapped] * sign
        assert torch.allclose(there, back, atol=0.05) == flip_test


def test_dropout_acts_in_training_only():
    data = batch()
    model = method(data, dropout=0.5)
    keypoints, seen_by = data["keypoints"], data["camera"]
    assert not torch.equal(model(keypoints, seen_by), model(keypoints, seen_by))
    model.eval()
    assert torch.equal(model(keypoints, seen_by), model(keypoints, seen_by))


@pytest.mark.parametrize("max_norm", [True, False])
def test_max_norm_acts_after_a_training_batch_where_asked(max_norm):
    model = method(batch(), max_norm=max_norm)
    model.on_train_batch_end(None, batch(), 0)
    norms = [p.norm().item() for p in model.net.parameters() if p.ndim == 2]
    assert (max(norms) < 1.0001) == max_norm


def test_training_without_poses_is_refused():
    with pytest.raises(InputError, match="learns from 3D poses"):
        SimpleBaseline(width=64).fit_statistics(batch()["keypoints"][:, 0], None)
