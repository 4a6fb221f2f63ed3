"""Tests of all sequence lifters, and of what VideoPose3D adds."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from lifting.errors import InputError
from lifting.geometry import centre
from lifting.methods.poseformer import PoseFormer
from lifting.methods.poseformer_v2 import PoseFormerV2
from lifting.methods.video_pose_3d import VideoPose3D
from lifting.methods.window_lifters import LSTMLifter, TransformerLifter, WindowMLPLifter
from lifting.skeletons import skeleton
from lifting.windows import Windows
from tests.lifting.methods.test_simple_baseline import camera

pytestmark = pytest.mark.slow(reason="trains every sequence lifter", shapes=True)

ROOT = skeleton("h36m17").root
METHODS = {
    "video_pose_3d": lambda **o: VideoPose3D(taps=[3, 3], channels=32, **o),
    "causal": lambda **o: VideoPose3D(taps=[3, 3], channels=32, causal=True, **o),
    "lstm": lambda **o: LSTMLifter(
        **{"frames": 9, "width": 16, "windowed": True, "standardise": False, **o}
    ),
    "transformer": lambda **o: TransformerLifter(
        **{"frames": 9, "width": 32, "heads": 4, "hidden": 64, "standardise": False, **o}
    ),
    "mlp": lambda **o: WindowMLPLifter(**{"frames": 9, "width": 32, "standardise": False, **o}),
    "poseformer": lambda **o: PoseFormer(frames=9, width=16, depth=1, drop_path=0.0, **o),
    "poseformer_v2": lambda **o: PoseFormerV2(
        frames=9, kept=3, coefficients=3, width=16, depth=1, drop_path=0.0, **o
    ),
}
every_method = pytest.mark.parametrize("make", METHODS.values(), ids=METHODS)


def batch(examples=8, frames=9, chunk=1, seed=0):
    draw = torch.Generator().manual_seed(seed)
    keypoints = 500 + 100 * torch.randn(examples, frames, 17, 2, generator=draw)
    pose = 300 * torch.randn(examples, chunk, 17, 3, generator=draw)
    pose += torch.tensor([100.0, -50.0, 5000.0])
    valid = torch.ones(examples, chunk, dtype=torch.bool)
    return {"keypoints": keypoints, "pose": pose, "camera": camera(examples), "valid": valid}


def data(receptive_field=9, chunk=1, causal=False, unlabelled=()):
    """What a method reads of a datamodule when it is set up."""
    windows = Windows(receptive_field, chunk, causal)
    return SimpleNamespace(
        yields_images=False,
        keypoint_skeleton="h36m17",
        pose_skeleton="h36m17",
        test_skeleton=None,
        actions=["Walking"],
        subjects={"unlabelled": list(unlabelled)},
        frames_per_example=windows.length,
        frame_rate=50.0,
        train_windows=windows,
        test_windows=windows,
        training_frames=lambda: (torch.randn(5, 17, 2), torch.randn(5, 17, 3)),
        spread=lambda split, count, device: {"train": batch(64, frames=windows.length)}[split],
    )


def set_up(method, **options):
    method.trainer = SimpleNamespace(
        datamodule=data(**options), precision="32-true", ckpt_path=None
    )
    method.setup("fit")


@every_method
def test_the_net_sees_screen_coordinates_and_speaks_metres(make):
    method, some = make().eval(), batch()
    x = some["keypoints"].double().numpy() / 1000 * 2 - [1, 0.8]
    expected = 1000 * method.net(torch.from_numpy(x).float())
    expected[:, :, ROOT] = 0
    torch.testing.assert_close(
        method(some["keypoints"], some["camera"]), expected, rtol=1e-4, atol=1e-2
    )


@pytest.mark.parametrize("name", ["lstm", "transformer", "mlp"])
def test_standardised_keypoints_are_relative_to_the_root_which_stays(name):
    method, some = METHODS[name](standardise=True).eval(), batch(64)
    some["camera"].size[:] = torch.tensor([1000.0, 500.0])
    set_up(method)
    x = some["keypoints"].double().numpy() / 1000 * 2 - [1, 0.8]
    relative = np.where(np.arange(17)[:, None] == ROOT, x, x - x[:, :, [ROOT]])
    expected = (relative - relative.mean((0, 1))) / relative.std((0, 1))
    seen = method.network_input(*(batch(64)[k] for k in ("keypoints", "camera")))
    np.testing.assert_allclose(seen.numpy(), expected, rtol=1e-3, atol=1e-4)
    wide = method.network_input(some["keypoints"], some["camera"])[:, :, ROOT, 1]
    moved = 0.3 / relative[:, :, ROOT, 1].std()
    np.testing.assert_allclose((wide - seen[:, :, ROOT, 1]).numpy(), moved, rtol=1e-3)


@pytest.mark.parametrize("name", ["lstm", "transformer", "mlp"])
def test_statistics_are_those_of_training_and_travel_with_the_weights(name):
    method, twin = (METHODS[name](standardise=True).eval() for _ in range(2))
    set_up(method)
    twin.load_state_dict(method.state_dict())
    some = batch(seed=1)
    pose = method(some["keypoints"], some["camera"])
    assert torch.equal(twin(some["keypoints"], some["camera"]), pose)
    tested = METHODS[name](standardise=True)
    tested.trainer = SimpleNamespace(datamodule=data(), precision="32-true")
    tested.setup("test")
    assert not tested.standardise_keypoints.mean.any()


@every_method
def test_the_root_of_a_prediction_is_zero(make):
    some = batch()
    pose = make().eval()(some["keypoints"], some["camera"])
    assert pose.shape == (8, 1, 17, 3)
    assert not pose[:, :, ROOT].any()
    assert pose[:, :, 1:].abs().min() > 0


@every_method
def test_a_chunk_of_frames_is_what_its_windows_give_one_by_one(make):
    method, some = make().eval(), batch(frames=14)
    whole = method(some["keypoints"], some["camera"])
    assert whole.shape == (8, 6, 17, 3)
    windows = [method(some["keypoints"][:, i : i + 9], some["camera"]) for i in range(6)]
    torch.testing.assert_close(whole, torch.cat(windows, 1), rtol=1e-4, atol=1e-2)


@every_method
def test_the_loss_is_mpjpe_in_metres_over_valid_frames_with_the_root(make):
    method, some = make().eval(), batch(frames=11, chunk=3)
    some["valid"][2, 1:] = False
    some["valid"][5] = False
    pred = method.lift_to_metres(some["keypoints"], some["camera"]).double().detach().numpy()
    target = centre(some["pose"], ROOT).double().numpy() / 1000
    distance = np.linalg.norm(pred - target, axis=-1).mean(-1)[some["valid"].numpy()]
    assert len(distance) == 8 * 3 - 5
    assert method.loss(some).item() == pytest.approx(distance.mean(), rel=1e-5)


@every_method
def test_a_batch_without_a_valid_frame_has_no_loss(make):
    some = batch()
    some["valid"][:] = False
    assert make().loss(some).item() == 0


@every_method
def test_it_learns(make):
    """A pose that is a linear function of the window's centre keypoints."""
    some = batch(64)
    weights = torch.randn(34, 51, generator=torch.Generator().manual_seed(1))
    flat = (some["keypoints"][:, 4].flatten(1) - 500) / 100
    some["pose"] = 100 * (flat @ weights).view(-1, 1, 17, 3) / 34**0.5
    method = make()
    optimiser = torch.optim.Adam(method.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        loss = method.loss(some)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.75 * losses[0]


@every_method
def test_twins_are_averaged(make):
    method, some = make(flip_test=True).eval(), batch()
    order = list(skeleton("h36m17").mirror)
    twin = some["keypoints"][:, :, order].clone()
    twin[..., 0] = 1000 - twin[..., 0]
    back = method(twin, some["camera"])[:, :, order] * torch.tensor([-1.0, 1.0, 1.0])
    expected = (method(some["keypoints"], some["camera"]) + back) / 2
    torch.testing.assert_close(method.lift(some), expected, rtol=1e-4, atol=1e-2)


@every_method
def test_examples_of_another_length_are_refused_with_the_option_to_set(make):
    with pytest.raises(InputError, match=r"--data.receptive_field 9"):
        set_up(make(), receptive_field=27)


def test_examples_that_see_the_future_are_refused_by_a_causal_method():
    causal = METHODS["causal"]()
    set_up(causal, causal=True)
    with pytest.raises(InputError, match=r"--data.causal true"):
        set_up(causal)
    with pytest.raises(InputError, match=r"--data.causal false"):
        set_up(METHODS["lstm"](), causal=True)


@every_method
def test_training_without_poses_is_refused(make):
    with pytest.raises(InputError, match="learns from 3D poses"):
        make().fit_statistics(torch.randn(5, 17, 2), None)


@every_method
def test_weights_of_another_joint_count_are_refused_with_the_tensor_named(make):
    other = make(keypoint_skeleton="mpii16")
    with pytest.raises(InputError, match="another shape: size mismatch for net"):
        make().load_state_dict(other.state_dict())


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda: VideoPose3D(taps=[3, 4]), "odd numbers"),
        (lambda: VideoPose3D(taps=[]), "odd numbers"),
        (lambda: LSTMLifter(readout="first"), "choose one of centre, last"),
        (lambda: TransformerLifter(readout="first"), "choose one of centre, mean"),
        (lambda: TransformerLifter(width=100), "multiple of twice the 8 heads"),
    ],
)
def test_impossible_options_are_refused(wrong, text):
    with pytest.raises(InputError, match=text):
        wrong()


def test_the_momentum_of_batch_normalisation_falls_a_hundredfold():
    method = METHODS["video_pose_3d"]()
    seen = []
    for step in (0, 50, 100):
        method.trainer = SimpleNamespace(estimated_stepping_batches=100, global_step=step)
        method.on_train_batch_start(batch(), 0)
        seen.append({m.momentum for m in method.modules() if isinstance(m, nn.BatchNorm1d)})
    assert [len(s) for s in seen] == [1, 1, 1]
    assert [s.pop() for s in seen] == pytest.approx([0.1, 0.01, 0.001])


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        (VideoPose3D(), 8_555_571),
        (LSTMLifter(bidirectional=False, readout="last"), 1_148_467),
        (TransformerLifter(pre_norm=False, readout="mean"), 1_603_379),
        (WindowMLPLifter(), 2_873_395),
    ],
    ids=lambda x: type(x).__name__,
)
def test_parameter_counts_of_the_publications(method, parameters):
    assert sum(p.numel() for p in method.parameters()) == parameters


def test_one_pass_of_an_lstm_is_the_window_where_there_is_but_one_frame_to_lift():
    one_pass, windowed = (LSTMLifter(frames=9, width=16, windowed=w).eval() for w in (False, True))
    windowed.load_state_dict(one_pass.state_dict())
    some, longer = batch(), batch(frames=14)
    assert torch.equal(*(m(some["keypoints"], some["camera"]) for m in (one_pass, windowed)))
    poses = [m(longer["keypoints"], longer["camera"]) for m in (one_pass, windowed)]
    assert poses[0].shape == poses[1].shape == (8, 6, 17, 3)
    assert (poses[0] - poses[1]).abs().max() > 1


def test_unlabelled_subjects_are_refused_by_a_method_that_does_not_learn_from_them():
    with pytest.raises(InputError, match=r"leave --data\.unlabelled_subjects empty"):
        set_up(METHODS["video_pose_3d"](), unlabelled=["S5"])
