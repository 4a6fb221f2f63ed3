"""Critics of projections: whom a step moves, and which way."""

from itertools import pairwise

import pytest
import torch
from lightning import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from lifting.errors import CheckpointError, InputError
from lifting.geometry import rotate
from lifting.methods import ElePose, LInKs
from lifting.methods.bases.view_critics import FAKE, REAL, ViewCritics
from lifting.methods.bases.view_rotation import random_view_rotation
from lifting.nets.head_scale import project
from lifting.skeletons import skeleton
from tests.made_trainings import method_and_data, write_stages

JOINTS = skeleton("h36m17")
CRITIC = {"critic": 40.0, "critic_width": 8, "critic_penalty": 1e-3}
HALVES = {"left": 0.25, "right": 0.25, "full": 0.5}


def critics(shares=None, penalty=0.0, noise=1e-3):
    return ViewCritics(JOINTS, shares or {"full": 1.0}, 16, noise, penalty, seed=3)


@pytest.fixture
def poses():
    """Seen poses, projections that are flatter in x, and the noise of both."""
    seen = 0.05 * torch.randn(32, 17, 2)
    noise = {REAL: 1e-3 * torch.randn(32, 17, 2), FAKE: 1e-3 * torch.randn(32, 17, 2)}
    return seen, seen.roll(1, 0) * torch.tensor([0.5, 1.0]), noise


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("critics")
    write_stages(folder)
    return folder


@pytest.fixture(scope="module")
def batch():
    from datamodules.h36m.cameras import h36m_camera
    from lifting.cameras import Camera

    camera = Camera.stack([h36m_camera("S1", "54138969").to(torch.float32)] * 32)
    return {"keypoints": 500 + 100 * torch.randn(32, 1, 17, 2), "camera": camera}


def ready(kind, folder, batch, **options):
    flows = {"full_flow": str(folder / "flow.ckpt")}
    if kind is LInKs:
        flows["part_flows"] = str(folder / "parts.ckpt")
    method = kind(**flows, **{"width": 8} | CRITIC | options)
    method.load_frozen_stages()
    method.fit_statistics(batch["keypoints"][:, 0], 300 * torch.randn(32, 17, 3))
    return method


def scores(net, poses):
    with torch.no_grad():
        return net(poses).mean().item()


def test_a_step_of_the_critics_raises_what_was_seen_above_what_was_projected(poses):
    seen, view, noise = poses
    judge = critics()
    net = judge.nets["full"]
    gaps, losses = [], []
    for _ in range(4):
        gaps.append(scores(net, seen) - scores(net, view))
        loss = judge.losses(seen, {"full": view}, noise)["critic"]
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter -= 0.05 * parameter.grad
                parameter.grad = None
    assert all(after > before for before, after in pairwise(gaps))
    assert all(after < before for before, after in pairwise(losses))


def test_a_step_of_projections_raises_their_score(poses):
    _, view, noise = poses
    judge, view = critics(), view.clone().requires_grad_()
    judge.realism({"full": view}, noise).backward()
    net = judge.nets["full"]
    assert scores(net, view - 1e-3 * view.grad) > scores(net, view)
    assert all(parameter.grad is None for parameter in net.parameters())


def test_the_lifter_learns_nothing_from_the_critics_losses(poses):
    seen, view, noise = poses
    view = view.clone().requires_grad_()
    losses = critics(penalty=1.0).losses(seen, {"full": view}, noise)
    torch.stack(list(losses.values())).sum().backward()
    assert view.grad is None


def test_both_kinds_get_noise_of_their_size():
    judge = critics(noise=0.01)
    seen = torch.zeros(512, 1, 17, 2)
    drawn = judge.draw(512, 1024, torch.Generator().manual_seed(0), seen)
    assert [len(drawn[kind]) for kind in (REAL, FAKE)] == [512, 1024]
    for noise in drawn.values():
        assert noise.std().item() == pytest.approx(0.01, rel=0.03)
        assert abs(noise.mean().item()) < 2e-4


def test_each_critic_sees_its_part_and_counts_by_its_share(poses):
    seen, view, noise = poses
    judge = critics(HALVES)
    views = dict.fromkeys(HALVES, view)
    expected, critic = 0.0, 0.0
    for name, share in HALVES.items():
        part = list(range(17)) if name == "full" else JOINTS.part(name)
        fake = judge.nets[name]((view + noise[FAKE])[:, part])
        real = judge.nets[name]((seen + noise[REAL])[:, part])
        expected -= share * torch.log(torch.sigmoid(fake)).mean()
        critic -= (torch.log(torch.sigmoid(real)) + torch.log(1 - torch.sigmoid(fake))).mean()
    torch.testing.assert_close(judge.realism(views, noise), expected)
    torch.testing.assert_close(judge.losses(seen, views, noise)["critic"], critic)


def replayed(method, batch, drawn):
    """The projections of an ElePose's step, and what was seen, from its networks alone."""
    seen = method.head_scale(batch["keypoints"])[:, 0]
    offset, elevation = method.lifters(seen)
    turn = random_view_rotation(elevation, drawn["turns"])
    return seen, project(rotate(method.back_project(seen, offset[0]), turn))


def test_the_objective_has_the_penalty_and_the_scores_of_a_reckoning_by_hand(folder, batch):
    method = ready(ElePose, folder, batch, elevation="learned")
    drawn = method.draw(batch)
    found = method.objective(batch, **drawn)
    seen, view = replayed(method, batch, drawn)
    net = method.critics.nets["full"]
    real = (seen + drawn["white"][REAL]).requires_grad_()
    (gradient,) = torch.autograd.grad(net(real).sum(), real, create_graph=True)
    penalty = CRITIC["critic_penalty"] * gradient.square().sum((1, 2)).mean()
    torch.testing.assert_close(found["penalty"], penalty)
    fake = net(view + drawn["white"][FAKE])
    torch.testing.assert_close(found["realism"], -40 * torch.log(torch.sigmoid(fake)).mean())
    # The gradient that the critic gets of all that is added up is that of its own losses alone.
    own = penalty - torch.log(torch.sigmoid(net(real))).mean()
    own = own - torch.log(1 - torch.sigmoid(net(view.detach() + drawn["white"][FAKE]))).mean()
    expected = torch.autograd.grad(own, net.parameters())
    summed = torch.autograd.grad(found["loss"], net.parameters(), retain_graph=True)
    torch.testing.assert_close(summed, expected)


def test_the_lifter_gets_the_gradient_of_realism_besides_the_others(folder, batch):
    with_one = ready(ElePose, folder, batch, elevation="learned")
    without = ready(ElePose, folder, batch, elevation="learned", critic=0.0)
    without.load_state_dict(with_one.state_dict())
    found = with_one.objective(batch, **with_one.draw(batch))
    others = without.objective(batch, **without.draw(batch))
    gradients = [
        torch.autograd.grad(loss, list(method.lifters.parameters()), retain_graph=True)
        for loss, method in (
            (found["loss"], with_one),
            (others["loss"], without),
            (found["realism"], with_one),
        )
    ]
    for whole, rest, realism in zip(*gradients, strict=True):
        torch.testing.assert_close(whole, rest + realism, rtol=1e-3, atol=1e-3)
    assert all(realism.abs().sum() > 0 for realism in gradients[2])


def test_training_draws_the_same_numbers_without_critics(folder, batch):
    states, draws = [], []
    for weight in (0.0, 40.0):
        torch.manual_seed(1)
        method = ready(ElePose, folder, batch, critic=weight)
        states.append(torch.get_rng_state())
        draws.append(method.draw(batch))
    assert torch.equal(*states)
    assert torch.equal(draws[0]["turns"].tilt, draws[1]["turns"].tilt)
    assert not draws[0]["white"]


def test_parts_have_critics_beside_that_of_the_whole(folder, batch):
    for whole, shares in ((0.5, HALVES), (0.0, {"left": 0.5, "right": 0.5})):
        method = ready(LInKs, folder, batch, whole=whole)
        assert method.critics.shares == shares
        assert set(method.critics.nets) == set(shares)
    assert ready(ElePose, folder, batch).critics.shares == {"full": 1.0}


def test_critics_have_an_adam_of_their_own(folder, batch):
    method = ready(ElePose, folder, batch, weight_decay=0.1, lr=1e-3, critic_lr=2e-4)
    lifters, judge = method.parameter_groups()
    assert lifters["params"] == list(method.parameters())
    assert judge["params"] == list(method.critics.nets.parameters())
    assert {k: v for k, v in judge.items() if k != "params"} == {
        "lr": 2e-4,
        "betas": (0.5, 0.99),
        "weight_decay": 0.0,
    }
    assert len(ready(ElePose, folder, batch, critic=0.0).parameter_groups()) == 1


@pytest.mark.parametrize(("done", "weight"), [(0.0, 0.0), (0.1, 20.0), (0.2, 40.0), (0.9, 40.0)])
def test_the_weight_rises_over_the_first_fifth(done, weight):
    assert ElePose(width=8, critic=40.0)._critic_weight(done) == pytest.approx(weight)
    assert ElePose(width=8, critic=40.0, critic_ramp=0.0)._critic_weight(done) == 40


@pytest.mark.parametrize("option", ["critic", "critic_ramp", "critic_noise", "critic_penalty"])
def test_weights_below_zero_are_refused(option):
    with pytest.raises(InputError, match=option):
        ElePose(**{option: -1.0})


@pytest.mark.parametrize("earlier", ["none", "of a version without"])
def test_critics_do_not_begin_in_the_midst_of_a_training(folder, batch, earlier):
    method, checkpoint = ready(ElePose, folder, batch, critic=0.0), {}
    method.on_save_checkpoint(checkpoint)
    if earlier != "none":
        del checkpoint["critics"]
    ready(ElePose, folder, batch, critic=0.0).on_load_checkpoint(checkpoint)
    with pytest.raises(CheckpointError, match="without critics"):
        ready(ElePose, folder, batch).on_load_checkpoint(checkpoint)


def test_a_training_that_goes_on_ends_with_the_same_lifter_and_critics(folder, tmp_path):
    ends = []
    for begun in (None, tmp_path / "epoch=0.ckpt"):
        torch.manual_seed(0)
        method, data = method_and_data("LInKs", folder, 12, whole=0.5, **CRITIC)
        keep = ModelCheckpoint(tmp_path, "{epoch}", save_top_k=-1)
        trainer = Trainer(
            accelerator="cpu",
            logger=False,
            callbacks=[] if begun else [keep],
            enable_checkpointing=not begun,
            enable_progress_bar=False,
            enable_model_summary=False,
            limit_val_batches=0,
            max_epochs=2,
        )
        # Random numbers that are not those of the step would tell.
        torch.manual_seed(len(ends))
        trainer.fit(method, data, ckpt_path=begun)
        assert trainer.global_step == 8
        ends.append(method.state_dict() | method.critics.state_dict())
    for name, value in ends[0].items():
        assert torch.equal(value, ends[1][name]), name
