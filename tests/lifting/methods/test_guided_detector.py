import pytest
import torch

from lifting.errors import InputError
from lifting.losses.heatmaps import hard_keypoint_loss
from lifting.methods import GuidedDetector, Lifter, VideoPose3D
from lifting.methods.bases.checkpointed import load_frozen
from tests.made_images import image_batch
from tests.made_lifters import save, write_lifters

pytestmark = pytest.mark.slow(reason="trains detectors through lifters", shapes=True)

# Only the lifted error counts.
ONLY_3D = {"heatmap": 0.0, "hard": 0.0}


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    torch.manual_seed(0)
    return write_lifters(tmp_path_factory.mktemp("lifters"))


def made(paths, **options) -> GuidedDetector:
    """Return a detector as it is after setup."""
    torch.manual_seed(1)
    method = GuidedDetector(network="hrnet_w4", lifters=paths, **options)
    method.load_lifters()
    method.log = lambda *_: None
    return method


def test_gradients_reach_the_detector_from_3d_alone_and_no_lifter(paths):
    method = made(paths, **ONLY_3D)
    group = method.lifters.lifters
    before = {k: {n: x.clone() for n, x in group[k].state_dict().items()} for k in group}
    method.train()
    method.loss(image_batch()).backward()
    gradients = [p.grad for p in method.net.parameters()]
    assert sum(g is not None and bool(g.abs().sum() > 0) for g in gradients) > 0.9 * len(gradients)
    for name, lifter in group.items():
        assert all(p.grad is None and not p.requires_grad for p in lifter.parameters())
        assert not any(module.training for module in lifter.modules())
        assert all(torch.equal(x, before[name][n]) for n, x in lifter.state_dict().items())
    assert not any(name.startswith("learning") for name in method.state_dict())


def published(method, batch, names):
    """Compute section 1.3 of the publication's code by loops, in metres, for every joint."""
    heatmaps = method.net(batch["image"])
    errors, _ = method.heatmap_errors(heatmaps, batch)
    keypoints, _ = method.decode_in_image(heatmaps, batch["affine"])
    loss = 0.5 * errors.mean()
    for name in names:
        lifter = method.lifters.lifters[name]
        pose = lifter(keypoints[:, None], batch["camera"])[:, 0] / 1000
        pose = pose - pose[:, :1]
        truth = batch["pose"][:, 0] / 1000
        truth = truth - truth[:, :1]
        square = (pose - truth) ** 2
        hard = []
        for b in range(len(pose)):
            order = sorted(range(17), key=lambda j, b=b: -square[b, j].mean().item())
            hard.append(torch.stack([errors[b, j] for j in order[:10]]).mean())
        share = 1 / len(names)
        loss = loss + share * 0.3 * torch.stack(hard).mean()
        loss = loss + share * (0.02 * square[..., :2].mean() + 0.04 * square[..., 2].mean())
    return loss


@pytest.mark.parametrize("names", [["sb"], ["sb", "mix", "vp"]])
def test_the_loss_is_the_published_one(paths, names):
    method = made(paths, guides=names, all_joints=True).eval()
    batch = image_batch()
    torch.testing.assert_close(method.loss(batch), published(method, batch, names))


def test_lifters_agree_and_their_mean_is_right_where_asked(paths):
    names = ["sb", "iga"]
    base = {"guides": names, "all_joints": True, "heatmap": 0.0, "hard": 0.0, "xy": 0.0, "z": 0.0}
    batch = image_batch()
    method = made(paths, **base, agreement=0.1, mean_pose=0.05).eval()
    keypoints, _ = method.detect(batch)
    a, b = (x / 1000 for x in method.lift(keypoints, batch, names).values())
    truth = (batch["pose"][:, 0] - batch["pose"][:, 0, :1]) / 1000
    mse = torch.nn.functional.mse_loss
    wanted = 0.1 * mse(a, b) + 0.05 * mse((a + b) / 2, truth)
    torch.testing.assert_close(method.loss(batch), wanted)


@pytest.mark.parametrize(("balance", "ended"), [("step", True), ("epoch", False), ("equal", False)])
def test_lifters_are_balanced_after_a_step_where_steps_are_compared(paths, balance, ended):
    method = made(paths, guides=["sb", "iga"], balance=balance)
    method.balance.add(torch.tensor([2.0, 3.0]))
    method.on_train_batch_end(None, {}, 0)
    assert method.balance.history[1].isfinite().all() == ended
    method.on_train_epoch_end()
    assert method.balance.history[1].isfinite().all() == (balance != "equal")


def test_joints_that_are_not_labelled_teach_nothing_in_3d(paths):
    method = made(paths, guides=["sb"], **ONLY_3D).eval()
    batch = image_batch()
    other = {**batch, "pose": batch["pose"].clone()}
    hidden = batch["visibility"] == 0
    assert hidden.any()
    other["pose"][:, 0][hidden] += 1000.0
    torch.testing.assert_close(method.loss(other), method.loss(batch))
    everything = made(paths, guides=["sb"], all_joints=True, **ONLY_3D).eval()
    assert (everything.loss(other) - everything.loss(batch)).abs() > 1e-3


def test_people_without_a_pose_guide_nothing(paths):
    method = made(paths, guides=["sb", "vp"], mean_pose=0.05, agreement=0.1).eval()
    batch = image_batch(4)
    batch["posed"][2:] = False
    other = {**batch, "pose": batch["pose"].clone()}
    other["pose"][2:] = 0
    torch.testing.assert_close(method.loss(other), method.loss(batch))
    first = {k: v[:2] for k, v in batch.items()}
    parts = [made(paths, guides=["sb"], **ONLY_3D).eval().loss(x) for x in (batch, first)]
    torch.testing.assert_close(*parts)
    nobody = {**batch, "posed": torch.zeros(4, dtype=torch.bool)}
    assert made(paths, **ONLY_3D).eval().loss(nobody) == 0


def test_hard_joints_are_those_of_a_loop():
    errors, by = torch.rand(5, 17), torch.rand(5, 17)
    chosen = [[errors[b, j] for j in by[b].argsort(descending=True)[:10]] for b in range(5)]
    torch.testing.assert_close(hard_keypoint_loss(errors, 10, by), torch.tensor(chosen).mean())


def test_lifters_learn_along_where_asked(paths):
    method = made(paths, guides=["sb"], lifter_lr=1e-4)
    assert method.learning["sb"] is method.lifters.lifters["sb"]
    method.train()
    assert not any(module.training for module in method.learning["sb"].modules())
    method.loss(image_batch()).backward()
    assert all(p.grad is not None for p in method.learning["sb"].net.parameters())
    assert [group["lr"] for group in method.parameter_groups()] == [method.hparams["lr"], 1e-4]
    kept = [name for name in method.state_dict() if name.startswith("learning.sb.net")]
    assert len(kept) == len(load_frozen(paths["sb"], Lifter).net.state_dict())
    # The others stay as they are.
    assert all(not p.requires_grad for p in method.lifters.lifters["vp"].parameters())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"guides": ["hrnet"]}, "guides names hrnet, which --model.lifters has not"),
        ({"balance": "loss"}, "balance is loss: choose one of equal, epoch, step"),
    ],
)
def test_wrong_options_are_refused(paths, options, message):
    with pytest.raises(InputError, match=message):
        GuidedDetector(**{"network": "hrnet_w4", "lifters": paths, **options})


def test_a_temporal_lifter_guides_by_the_images_before_and_after(paths, tmp_path):
    temporal = VideoPose3D(taps=[3], channels=16).eval()
    both = {"vp3": save(temporal, tmp_path / "vp3.ckpt"), "sb": paths["sb"]}
    method = made(both, all_joints=True, **ONLY_3D).eval()
    method.window = 3
    batch = image_batch(6)
    keypoints, _ = method.detect(batch)
    middle = {k: batch[k][1::3] for k in ("pose", "camera")}
    poses = [
        temporal(keypoints.view(2, 3, 17, 2), middle["camera"])[:, 0],
        method.lifters.lifters["sb"](keypoints[1::3, None], middle["camera"])[:, 0],
    ]
    truth = middle["pose"][:, 0] - middle["pose"][:, 0, :1]
    square = [((pose - pose[:, :1] - truth) / 1000) ** 2 for pose in poses]
    wanted = sum(0.02 * s[..., :2].mean() + 0.04 * s[..., 2].mean() for s in square) / 2
    torch.testing.assert_close(method.loss(batch), wanted)
    assert len(method.predict_step(batch, 0)["keypoints"]) == 2
