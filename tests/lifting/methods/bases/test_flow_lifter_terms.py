"""Steps down each term of ElePose's and LInKs' loss alone."""

import numpy as np
import pytest
import torch

from datamodules.h36m.cameras import h36m_camera
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.methods import ElePose, LInKs, PoseFlows
from lifting.methods.bases import flow_lifter
from lifting.methods.bases.view_critics import FAKE, REAL
from lifting.skeletons import skeleton
from tests.lifting.methods.made_steps import descend
from tests.made_lifters import save

BODY = skeleton("h36m17")
EXAMPLES = 48
# No term but the one that a test names.
SILENT = {"nll": 0.0, "nll_growth": 1.0, "l2d": 0.0, "l3d": 0.0, "deformation": 0.0, "bone": 0.0}
SILENT |= {"elevation_prior": 0.0, "elevation": "learned", "width": 16}
CRITIC = {"critic": 1.0, "critic_width": 16, "critic_penalty": 0.0}

both = pytest.mark.parametrize("kind", [ElePose, LInKs])


@pytest.fixture(scope="module")
def batch():
    points = 500 + 100 * torch.randn(EXAMPLES, 17, 2, generator=torch.Generator().manual_seed(2))
    camera = Camera.stack([h36m_camera("S1", "54138969").to(torch.float32)] * EXAMPLES)
    return {"keypoints": points[:, None], "camera": camera}


@pytest.fixture(scope="module")
def flows(tmp_path_factory, batch):
    method = PoseFlows(parts=["full", "left", "right"], hidden=16, blocks=2)
    method.fit_statistics(batch["keypoints"][:, 0], None)
    return save(method, tmp_path_factory.mktemp("flows") / "flows.ckpt")


@pytest.fixture
def make(flows, batch):
    def make(kind, **options):
        paths = {"full_flow": flows} | ({"part_flows": flows} if kind is LInKs else {})
        method = kind(**paths | SILENT | options)
        method.load_frozen_stages()
        pose = torch.randn(EXAMPLES, 17, 3, generator=torch.Generator().manual_seed(1))
        # Of bones that are not all as long.
        pose[:, BODY.part("legs")] *= 3
        method.fit_statistics(batch["keypoints"][:, 0], 300 * pose)
        return method

    return make


class Watched:
    """Keeps the views that a loss is asked for."""

    def __init__(self, loss):
        self.loss = loss

    def __getattr__(self, name):
        return getattr(self.loss, name)

    def __call__(self, views, noise):
        self.views = {name: view.detach() for name, view in views.items()}
        return self.loss(views, noise)


def views_of(method, batch):
    """The projections of a step, with the same random numbers each time, and the terms of its loss."""
    watched = Watched(method.prior)
    method._priors = [watched]
    found = method.objective(batch, **method.draw(batch))
    method._priors = [watched.loss]
    return watched.views, found


def elevations(method, batch):
    keypoints = method.head_scale(batch["keypoints"])[:, 0]
    return method.lifters(keypoints)[1].detach()


def test_the_flow_of_whole_poses_sees_the_mean_of_both_hypotheses(make, batch):
    views, _ = views_of(make(LInKs, hypotheses="both", whole=0.5), batch)
    torch.testing.assert_close(views["full"], (views["left"] + views["right"]) / 2)
    assert (views["left"] - views["right"]).abs().max() > 1e-4


@both
@pytest.mark.parametrize("prior", [-0.4, 0.3])
def test_the_elevation_prior_tilts_cameras_towards_it(make, batch, kind, prior):
    method = make(kind, elevation_prior=2.0, elevation_mean=prior)
    means = [elevations(method, batch).mean().item()]
    for _ in range(4):
        found = method.objective(batch, **method.draw(batch))
        assert found["elevation"].item() == pytest.approx(2 * (means[-1] - prior) ** 2, rel=1e-3)
        descend(found["loss"], method.parameters(), 1e-2)
        means.append(elevations(method, batch).mean().item())
    off = [abs(mean - prior) for mean in means]
    assert off == sorted(off, reverse=True)
    assert off[-1] < 0.9 * off[0]


def test_known_elevations_are_drawn_round_the_prior_and_learned_ones_come_in_the_second_half(
    make, batch
):
    method = make(ElePose, elevation="warm", elevation_mean=-0.3, elevation_std=0.02)
    method.progress = lambda: 0.49
    drawn = method.draw(batch)
    assert not drawn["predicted"]
    assert drawn["elevation"].mean().item() == pytest.approx(-0.3, abs=0.01)
    assert drawn["elevation"].std().item() == pytest.approx(0.02, rel=0.4)
    method.progress = lambda: 0.5
    drawn = method.draw(batch)
    assert drawn["predicted"]
    assert drawn["elevation"] is None


@both
def test_the_likelihood_makes_projections_likelier_under_the_flows(make, batch, kind):
    method = make(kind, nll=1.0, cap=False)

    def likelihood():
        views, found = views_of(method, batch)
        density = {name: method.prior.source[name].flow(name).log_prob for name in views}
        with torch.no_grad():
            each = [density[n](method.prior.source[n].part(v, n)).mean() for n, v in views.items()]
        return sum(each).item(), found["loss"]

    values = []
    for _ in range(4):
        value, loss = likelihood()
        values.append(value)
        descend(loss, method.lifters.parameters(), 5e-5)
    assert values == sorted(values)
    assert values[-1] > values[0] + 1e-3


def test_a_density_by_flow_matching_takes_the_place_of_the_flow(make, batch, tmp_path):
    density = PoseFlows(density="matching", hidden=16, blocks=1)
    density.fit_statistics(batch["keypoints"][:, 0], None)
    path = save(density, tmp_path / "matching.ckpt")
    method = make(ElePose, nll=0.5, cap=False, full_flow=path)
    drawn, values = method.draw(batch), []
    for _ in range(4):
        views, found = views_of(method, batch)
        poses = views["full"].flatten(1)
        with torch.no_grad():
            each = density.density("full").drawn_nll(poses, drawn["noise"]["full"])
        values.append(each.mean().item())
        assert found["nll"].item() == pytest.approx(0.5 * values[-1], rel=1e-5)
        descend(found["loss"], method.lifters.parameters(), 5e-5)
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0] - 1e-3
    with pytest.raises(InputError, match="have no latent vectors"):
        make(ElePose, contrast=1.0, full_flow=path)


@both
def test_bones_are_pulled_to_their_ratios(make, batch, kind):
    method = make(kind, bone=1.0)
    bones = np.array(BODY.bones)

    def off():
        pose = method(batch["keypoints"], batch["camera"])[:, 0].detach().double().numpy()
        lengths = np.linalg.norm(pose[:, bones[:, 0]] - pose[:, bones[:, 1]], axis=-1)
        ratios = lengths / lengths.mean(1, keepdims=True)
        return np.square(ratios - method.bone_ratios.double().numpy()).sum(1).mean()

    values = [off()]
    for _ in range(4):
        found = method.objective(batch, **method.draw(batch))
        assert found["bone"].item() == pytest.approx(values[-1], rel=1e-3)
        descend(found["loss"], method.lifters.parameters(), 3e-3)
        values.append(off())
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.99 * values[0]


@pytest.mark.parametrize("term", ["l2d", "l3d", "deformation"])
def test_a_lifter_that_is_right_about_every_view_pays_nothing_for_consistency(
    make, batch, term, monkeypatch
):
    method, turned = make(ElePose, depth="clamp", **{term: 3.0}), []
    turn = flow_lifter.rotate

    def noted(pose, rotation):
        turned.append(turn(pose, rotation))
        return turned[-1]

    monkeypatch.setattr(flow_lifter, "rotate", noted)
    drawn, paid = method.draw(batch), []
    # The second lift finds nothing but flat poses, and then the depths that the first was turned to.
    for second in (lambda view: torch.zeros(1, EXAMPLES, 17), lambda view: turned[0][..., 2]):
        turned.clear()
        method.lifters.depth = second
        paid.append(method.objective(batch, **drawn)[term].item())
    assert paid[0] > 0.1
    assert paid[1] == pytest.approx(0, abs=1e-3 * paid[0])


@both
def test_a_step_of_the_whole_loss_raises_seen_poses_above_projected_ones(make, batch, kind):
    method = make(kind, **CRITIC)
    drawn = method.draw(batch)
    views, found = views_of(method, batch)
    seen = method.head_scale(batch["keypoints"])[:, 0]

    def gap(name):
        net, joints = method.critics.nets[name], method.critics.joints[name]
        with torch.no_grad():
            real = net((seen + drawn["white"][REAL])[:, joints])
            return (
                real.mean() - net((views[name] + drawn["white"][FAKE])[:, joints]).mean()
            ).item()

    before = {name: gap(name) for name in method.critics.nets}
    descend(found["loss"], method.critics.nets.parameters(), 1e-2)
    assert all(gap(name) > value + 1e-6 for name, value in before.items())


@both
def test_realism_turns_depths_to_where_the_critics_take_projections_for_seen(make, batch, kind):
    method = make(kind, **CRITIC)

    def opinion():
        views, found = views_of(method, batch)
        with torch.no_grad():
            scores = [
                method.critics.nets[name](view[:, method.critics.joints[name]]).mean()
                for name, view in views.items()
            ]
        return sum(scores).item(), found["loss"]

    values = []
    for _ in range(4):
        value, loss = opinion()
        values.append(value)
        descend(loss, method.lifters.parameters(), 1e-3)
    assert values == sorted(values)
    assert values[-1] > values[0]


def test_flows_that_follow_learn_the_projections_and_those_of_2d_poses_stay(make, batch):
    method = make(ElePose, contrast=1.0, cap=False)
    follower, source = method.prior.followers["full"], method.prior.source["full"].flow("full")

    def nll():
        views, found = views_of(method, batch)
        with torch.no_grad():
            return -follower.log_prob(views["full"].flatten(1)).mean().item(), found["loss"]

    before, loss = nll()
    kept = [parameter.clone() for parameter in source.parameters()]
    descend(loss, follower.parameters(), 1e-3)
    assert nll()[0] < before - 1e-4
    assert all(torch.equal(a, b) for a, b in zip(kept, source.parameters(), strict=True))
