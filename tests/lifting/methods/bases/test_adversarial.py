"""Generator and critic take turns: who moves when, by what, and what training never looks at."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning import Callback, Trainer

from datamodules.base import PoseDataModule
from lifting.cameras import project
from lifting.errors import InputError
from lifting.geometry import centre
from lifting.methods.bases.adversarial import Generated
from lifting.methods.repnet import RepNet
from lifting.methods.semi_supervised import SemiSupervisedVideoPose3D
from lifting.methods.temporal_gan import TemporalGAN
from lifting.skeletons import skeleton
from tests.datamodules.examples.test_prior import write
from tests.lifting.methods.bases.test_sequence_lifter import batch, data

pytestmark = pytest.mark.slow(reason="trains generators and critics", shapes=True)

BODY = skeleton("h36m17")
ROOT = BODY.root


def repnet(**options):
    return RepNet(**({"width": 16, "critic_width": 16} | options))


def temporal(**options):
    return TemporalGAN(**({"taps": [3, 3], "channels": 16, "critic_width": 16} | options))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return write(tmp_path_factory.mktemp("adversarial") / "poses.h5", ["S1", "S5", "S8"])[0]


class Watch(Callback):
    """Keeps the weights after every batch, and what was logged."""

    def __init__(self):
        self.weights, self.logged, self.steps = [], [], []

    def on_train_batch_end(self, trainer, module, *args, **kwargs):
        nets = module.generator, module.critics
        self.weights.append([[p.detach().clone() for p in net.parameters()] for net in nets])
        self.logged.append({k: v.item() for k, v in trainer.callback_metrics.items()})
        self.steps.append(trainer.global_step)


def fit(method, store, watch=None, batches=7, precision=None, **options):
    watch = watch or Watch()
    windows = {} if isinstance(method, RepNet) else {"receptive_field": 9}
    made = PoseDataModule(
        store, train_subjects=["S1"], prior_subjects=["S5"], batch_size=5, flip=0.5, **windows
    )
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[watch],
        log_every_n_steps=1,
        limit_train_batches=batches,
        **({"max_epochs": 1} | options),
        **({"plugins": [precision]} if precision else {}),
    )
    trainer.fit(method, made)
    return watch


both = pytest.mark.parametrize("make", [repnet, temporal])


@both
def test_the_critic_moves_at_every_batch_and_the_generator_in_its_turn(make, store):
    method = make(n_critic=3, schedule="constant", warmup=0.0)
    method.initialise_at = lambda poses: None
    before = [
        [p.detach().clone() for p in n.parameters()] for n in (method.generator, method.critics)
    ]
    watch = fit(method, store)
    states = [before, *watch.weights]
    for net, turns in ((0, {3, 6}), (1, set(range(1, 8)))):
        for number, (old, new) in enumerate(pairwise(states), 1):
            moved = [not torch.equal(a, b) for a, b in zip(old[net], new[net], strict=True)]
            assert all(moved) if number in turns else not any(moved), (net, number)
    assert watch.steps == [1, 2, 4, 5, 6, 8, 9]
    assert method.batches == 7


@both
def test_training_never_looks_at_the_poses_of_its_examples(make, store):
    class Spoil(Watch):
        def on_train_batch_start(self, trainer, module, batch, batch_idx):
            batch["pose"] = batch["pose"] * torch.nan

    torch.manual_seed(5)
    plain = fit(make(), store).weights[-1]
    torch.manual_seed(5)
    spoilt = fit(make(), store, Spoil()).weights[-1]
    for mine, theirs in zip(sum(plain, []), sum(spoilt, []), strict=True):  # noqa: RUF017
        assert torch.equal(mine, theirs)


def test_the_critic_neither_moves_nor_gathers_gradients_while_the_generator_does(store):
    seen = []

    class Gathers(Watch):
        def on_before_optimizer_step(self, trainer, module, optimizer):
            of_generator = optimizer.param_groups[0]["params"][0] is next(
                module.generator.parameters()
            )
            seen.append((of_generator, {p.requires_grad for p in module.critics.parameters()}))

    fit(repnet(), store, Gathers(), batches=2)
    assert seen == [(False, {True}), (True, {False})] * 2


def test_what_graphs_return_is_kept_until_the_step_ends(store, monkeypatch):
    marks, parts = [], []
    monkeypatch.setattr(torch.compiler, "cudagraph_mark_step_begin", lambda: marks.append(None))

    def noted(part, **_):
        def called(*args):
            parts.append((len(marks), part.__name__))
            return part(*args)

        return called

    monkeypatch.setattr(torch, "compile", noted)
    method = repnet(n_critic=2)
    method.compile_step("reduce-overhead")
    fit(method, store, batches=2)
    critic = ["generate", "critic_losses"]
    assert parts == [*((1, n) for n in critic), *((2, n) for n in [*critic, "generator_losses"])]


@pytest.mark.parametrize(("max_steps", "batches"), [(-1, 8), (8, 6), (1000, 8)])
def test_schedules_end_with_the_training_whatever_ends_it(store, max_steps, batches):
    method = repnet(n_critic=3, lr=1e-3, warmup=0.0)
    fit(method, store, batches=100, max_steps=max_steps)
    assert method._total == method.batches == batches
    generator, critic = method.lr_schedulers()
    assert generator.last_epoch == batches // 3
    assert [s.get_last_lr()[0] for s in (generator, critic)] == pytest.approx([0, 0], abs=1e-9)


def test_the_reprojection_counts_more_and_more():
    method = repnet(reprojection=4.0, reprojection_growth=25.0, growth_share=0.5)
    method._total = 100
    weights = []
    for done in (0, 25, 50, 90):
        method.batches = done
        weights.append(method.reprojection_weight())
    assert weights == pytest.approx([4, 20, 100, 100])
    at_once = repnet(growth_share=0.0, reprojection=2.0, reprojection_growth=25.0)
    assert at_once.reprojection_weight() == 50.0


def made_batch(frames=9, chunk=1):
    some = batch(6, frames=frames, chunk=chunk)
    some["valid"][0] = chunk > 1
    del some["pose"]
    return some


def test_repnet_is_blind_to_size_and_place_where_frames_are_normalised():
    some = made_batch(1)
    moved = 0.5 * some["keypoints"] + torch.tensor([70.0, -20.0])
    for normalise, blind in (("frame", True), ("global", False)):
        method = repnet(normalise=normalise)
        one, two = (method(k, some["camera"]) for k in (some["keypoints"], moved))
        assert torch.allclose(one, two, atol=0.1) == blind


def test_repnet_predicts_people_of_the_size_of_its_prior(store):
    poses, method = [], repnet()
    take = method.take_prior
    method.take_prior = lambda x: (poses.append(x), take(x))
    fit(method, store)
    ends = zip(*method.body.bones, strict=True)
    parents, children = (list(end) for end in ends)
    bone = np.linalg.norm(poses[0][:, parents] - poses[0][:, children], axis=-1).mean()
    some = made_batch(1)
    free = repnet(size="predicted")
    free.load_state_dict(method.state_dict())
    as_prior, as_predicted = (m(some["keypoints"], some["camera"])[:, 0] for m in (method, free))
    found = (as_prior[:, parents] - as_prior[:, children]).norm(dim=-1).mean(-1)
    assert found.detach().numpy() == pytest.approx(1000 * bone, rel=1e-4)
    # Nothing but the size differs.
    with torch.no_grad():
        scale = as_prior.norm(dim=(1, 2)) / as_predicted.norm(dim=(1, 2))
        assert torch.allclose(as_prior, scale[:, None, None] * as_predicted, atol=1e-2)
        assert (scale - 1).abs().max() > 1e-3


@pytest.mark.parametrize("normalise", ["frame", "global"])
def test_repnet_loss_adds_up(normalise):
    method, some = (
        repnet(normalise=normalise, camera=3.0, reprojection=7.0, realism=2.0),
        made_batch(1),
    )
    seen = some["keypoints"][:, 0].double().numpy() * 2 / 1000
    x = np.delete(seen - seen[:, ROOT : ROOT + 1], ROOT, 1)
    if normalise == "frame":
        x /= np.sqrt((x**2).mean((1, 2), keepdims=True))
    pose, camera = method.generator(torch.from_numpy(x).float())
    pose, k = pose.detach().double().numpy(), camera.detach().double().numpy()
    off = ((pose @ k - x) ** 2).mean()
    gram = k.transpose(0, 2, 1) @ k
    trace = np.trace(gram, axis1=1, axis2=2)[:, None, None]
    turned = np.linalg.norm(2 * gram / trace - np.eye(2), axis=(1, 2)).mean()
    whole = torch.from_numpy(np.insert(pose, ROOT, 0, 1)).float()
    opinion = method.critics["pose"](whole).mean().item()
    assert method.loss(some).item() == pytest.approx(7 * off + 3 * turned - 2 * opinion, rel=1e-4)


@pytest.mark.parametrize(("image", "chunk"), [("distance", 1), ("distance", 3), ("depth", 3)])
def test_the_temporal_loss_adds_up(image, chunk):
    method = temporal(image=image, reprojection=7.0, realism=0.0, smoothness=2.0 * (chunk > 1))
    method.initialise_at(torch.randn(5, 17, 3) + torch.tensor([0.0, 0.0, 5.0]))
    some = made_batch(8 + chunk, chunk)
    some["valid"][2, -1] = False
    pose = method.lift_to_metres(some["keypoints"], some["camera"]).detach()
    root = method.trajectory(some["keypoints"], some["camera"]).detach() / 1000
    points = (pose + root[:, :, None]).double()
    seen = some["keypoints"][:, 4 : 4 + chunk].double()
    errors, moved = [], []
    for b in range(6):
        camera = some["camera"][b].to(torch.float64)
        for c in range(chunk):
            if not some["valid"][b, c]:
                continue
            if image == "distance":
                off = project(1000 * points[b, c], camera) - seen[b, c]
                errors.append(2 / 1000 * off.norm(dim=-1).mean().item())
            else:
                # 3d-human-pose: f XY + c Z against x Z, in screen coordinates.
                middle = torch.tensor([1.0, 0.8])
                f, p = camera.focal * 2 / 1000, camera.principal * 2 / 1000 - middle
                x = seen[b, c] * 2 / 1000 - middle
                z = points[b, c, :, 2:]
                errors.append((f * points[b, c, :, :2] + p * z - x * z).square().mean().item())
            if c and some["valid"][b, c - 1]:
                moved.append((points[b, c] - points[b, c - 1]).square().mean().item())
    expected = 7 * np.mean(errors) + (2 * np.mean(moved) if chunk > 1 else 0)
    assert method.loss(some).item() == pytest.approx(expected, rel=1e-3)


def test_a_critic_of_motions_is_asked_and_learns():
    method = temporal(motion=0.5, motion_frames=3, realism=2.0)
    some = made_batch(11, 3)
    made = method.generate(some)
    drawn = method.draw(some)
    losses = method.generator_losses(made, some, drawn["weight"])
    opinions = [
        method.critics["pose"](made.pose.flatten(0, 1)),
        method.critics["motion"](made.pose),
    ]
    assert losses["realism_pose"].item() == pytest.approx(-2 * opinions[0].mean().item(), rel=1e-5)
    assert losses["realism_motion"].item() == pytest.approx(
        -opinions[1].mean().item() / 2, rel=1e-5
    )
    real = centre(torch.randn(6, 3, 17, 3), ROOT)
    losses = method.critic_losses(real, made.pose.detach(), drawn["fractions"])
    method.total(losses).backward()
    assert all(p.grad is not None for p in method.critics["motion"].net[0].parameters())
    assert not any(p.grad is not None for p in method.generator.parameters())


def test_symmetry_counts_where_it_is_asked_for():
    some = made_batch()
    method = temporal(symmetry=3.0)
    made = method.generate(some)
    assert method.observation_losses(made, some)["symmetry"] > 0
    pose = torch.randn(6, 1, 17, 3)
    pose = pose + pose[:, :, list(BODY.mirror)] * torch.tensor([-1.0, 1.0, 1.0])
    even = Generated(centre(pose, ROOT), made.view)
    assert method.observation_losses(even, some)["symmetry"] < 1e-5
    assert "symmetry" not in temporal().observation_losses(made, some)


@both
def test_training_begins_near_the_mean_pose_of_the_prior(make):
    method = make()
    poses = torch.randn(50, 17, 3) + torch.tensor([0.1, -0.4, 5.0])
    method.initialise_at(poses)
    # Nothing seen: what is left are biases.
    some = torch.full((2, method.frames, 17, 2), 500.0)
    found = method(some, batch(2)["camera"])[0, 0] / 1000
    expected = centre(poses, ROOT).mean(0)
    assert (found - expected).abs().max() < 0.35
    if isinstance(method, TemporalGAN):
        place = method.trajectory(some, batch(2)["camera"])[0, 0] / 1000
        assert (place - poses[:, ROOT].mean(0)).abs().max() < 0.35


@pytest.mark.parametrize(
    "make",
    [temporal, lambda: SemiSupervisedVideoPose3D(taps=[3, 3], channels=16).eval()],
)
def test_poses_are_also_judged_in_their_place(make):
    method, some = make(), batch(6)
    some["valid"][1] = False
    some |= {k: torch.zeros(6, dtype=torch.long) for k in ("clip", "action")}
    some["frame"] = torch.arange(6)[:, None]
    method.evaluation = method.configure_evaluation(data(), full=True)
    with torch.no_grad():
        method.evaluate(some)
        found = method.evaluation.compute().frame_mean
        pose = (
            method(some["keypoints"], some["camera"])
            + method.follow(some["keypoints"], some["camera"])[:, :, None]
        )
    errors = np.linalg.norm((pose - some["pose"]).double().numpy(), axis=-1).mean((1, 2))
    assert found["absolute_mpjpe"] == pytest.approx(np.delete(errors, 1).mean(), rel=1e-4)


def set_up(method, prior=("S5",), stage="fit", **options):
    some = data(receptive_field=method.frames, **options)
    some.subjects["prior"] = list(prior)
    some.prior_poses = lambda: torch.randn(5, 17, 3)
    method.trainer = SimpleNamespace(
        datamodule=some, precision="32-true", strategy=None, ckpt_path=None
    )
    method.setup(stage)


def test_methods_with_a_critic_need_a_prior_to_train_and_no_other_takes_one():
    set_up(repnet())
    set_up(repnet(), prior=(), stage="test")
    with pytest.raises(InputError, match="prior_subjects"):
        set_up(repnet(), prior=())
    with pytest.raises(InputError, match="no critic"):
        set_up(SemiSupervisedVideoPose3D(taps=[3, 3], channels=16))


def test_chunks_are_as_long_as_the_options_need():
    set_up(temporal(motion=1.0, motion_frames=3), chunk=3)
    with pytest.raises(InputError, match=r"data\.chunk is 1.*make"):
        set_up(temporal(motion=1.0, motion_frames=3))
    with pytest.raises(InputError, match="several frames"):
        set_up(temporal(smoothness=1.0))


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (repnet, {"n_critic": 0}),
        (repnet, {"growth_share": -0.1}),
        (repnet, {"reprojection": 0.0}),
        (repnet, {"reprojection_growth": -1.0}),
        (repnet, {"normalise": "none"}),
        (repnet, {"size": "none"}),
        (temporal, {"image": "none"}),
        (temporal, {"motion": 1.0, "motion_frames": 4}),
        (temporal, {"taps": [3, 2]}),
    ],
)
def test_impossible_options_are_refused(make, options):
    with pytest.raises(InputError, match=f"--model.{[*options][-1]}"):
        make(**options)
