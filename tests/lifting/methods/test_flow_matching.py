"""Tests of FlowMatchingLifter: what it learns, what it draws, and what it says of that."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from lifting.errors import InputError
from lifting.geometry import centre, mirror
from lifting.methods.flow_matching import FlowMatchingLifter
from lifting.metrics.registry.poses import HYPOTHESES
from lifting.skeletons import skeleton
from tests.lifting.methods.bases.test_sequence_lifter import batch, set_up
from tests.made_lifters import with_statistics

BODY = skeleton("h36m17")
SMALL = {"width": 16, "depth": 1, "flow_depth": 1, "heads": 4, "hypotheses": 3, "steps": 2}


def made(frames=3, **options):
    torch.manual_seed(0)
    method = FlowMatchingLifter(**{**SMALL, "frames": frames, **options})
    return with_statistics(method).eval().requires_grad_(False)


def some(examples=4, frames=3):
    clips = batch(examples, frames, frames)
    clips |= {name: torch.zeros(examples, dtype=torch.long) for name in ("clip", "action")}
    return clips | {"frame": torch.arange(frames).expand(examples, frames)}


class Says(nn.Module):
    """A network that keeps what it sees and says what it is told to."""

    def __init__(self, words):
        super().__init__()
        self.words = words

    def forward(self, *seen):
        self.saw = seen
        return self.words


def test_the_loss_is_the_squared_error_of_the_velocity_of_the_straight_path():
    method, clips = made(), some()
    drawn = method.draw(clips)
    noise, time = (drawn[name].double().numpy() for name in ("noise", "time"))
    pose = centre(clips["pose"], BODY.root).double().numpy()
    mean, deviation = (
        getattr(method.standardise_pose, name).double().numpy() for name in ("mean", "deviation")
    )
    moves = deviation > 0
    assert moves.any(-1).sum() == 16
    data = np.where(moves, (pose - mean) / np.where(moves, deviation, 1), 0)
    noise = np.where(moves, noise, 0)
    wanted = data - noise
    words = torch.randn(4, 3, 17, 3)
    clips["valid"][1, 2] = False
    counted = clips["valid"].numpy()
    for factor, said in ((1.0, wanted), (-1.0, wanted), (0.0, words.numpy())):
        method.net = Says(torch.from_numpy(factor * said).float() if factor else words)
        loss = method.objective(clips, **drawn)["loss"].item()
        error = ((method.net.words.double().numpy() - wanted) ** 2).mean((-2, -1))[counted].mean()
        assert loss == pytest.approx(error, rel=1e-5, abs=1e-9)
        # The exact velocity has no loss, the one that turns back has.
        assert (loss < 1e-9) == (factor == 1.0)
    _, point, seen_time = method.net.saw
    t = time[:, None, None, None]
    np.testing.assert_allclose(point, (1 - t) * noise + t * data, atol=1e-5)
    np.testing.assert_array_equal(seen_time, time.astype(np.float32))


def test_a_short_training_draws_the_poses_that_belong_to_the_keypoints():
    torch.manual_seed(0)
    method = FlowMatchingLifter(**SMALL | {"steps": 4}, standardise=False)
    clips, rows = some(2, 1), torch.arange(2).repeat(32)
    many = {name: value[rows] for name, value in clips.items()}
    target = method.target(clips)
    method.fit_statistics(clips["keypoints"].flatten(0, 1), target.flatten(0, 1))
    optimiser = torch.optim.Adam(method.parameters(), 2e-2)
    for step in range(60):
        method.begin_step(step)
        optimiser.zero_grad()
        method.loss(many).backward()
        optimiser.step()
    with torch.no_grad():
        drawn = method.draw_poses(clips["keypoints"], clips["camera"])

    def error(pred):
        return (pred - target[:, None]).norm(dim=-1).mean().item()

    assert error(drawn) < 0.5 * error(target.mean(0).expand_as(drawn))


def test_a_prediction_is_the_mean_of_the_hypotheses_root_at_zero():
    method, clips = made(), some()
    drawn = method.draw_poses(clips["keypoints"], clips["camera"])
    assert drawn.shape == (4, 3, 3, 17, 3)
    assert not drawn[..., BODY.root, :].any()
    assert (drawn.std(1)[..., 1:, :] > 0).all()
    expected = drawn.double().numpy().mean(1)
    for lifted in (method.lift(clips), method(clips["keypoints"], clips["camera"])):
        np.testing.assert_allclose(lifted, expected, atol=1e-3)


def test_hypotheses_depend_on_nothing_but_keypoints_and_seed():
    method, clips = made(), some()
    together = method.lift(clips)
    torch.manual_seed(5)
    again = FlowMatchingLifter(**SMALL, frames=3).eval()
    again.load_state_dict(method.state_dict())
    for i in range(4):
        alone = again.lift({k: v[[i]] for k, v in clips.items()})
        torch.testing.assert_close(alone[0], together[i], atol=1e-3, rtol=0)
    other = FlowMatchingLifter(**SMALL, frames=3, seed=1).eval()
    other.load_state_dict(method.state_dict())
    assert (other.lift(clips) - together).abs().max() > 1


def test_more_hypotheses_and_steps_are_those_of_the_command():
    method, clips = made(), some()
    more = FlowMatchingLifter(**SMALL | {"hypotheses": 7, "steps": 5}, frames=3).eval()
    more.load_state_dict(method.state_dict())
    assert more.draw_poses(clips["keypoints"], clips["camera"]).shape[1] == 7


def test_the_mirrored_twin_adds_its_hypotheses():
    method, clips = made(flip_test=True), some()
    drawn = method.draw_poses(clips["keypoints"], clips["camera"])
    twin = method.draw_poses(*method.mirrored(clips["keypoints"], clips["camera"]))
    own, others = drawn.split(3, 1)
    torch.testing.assert_close(
        mirror(twin, BODY.mirror), torch.cat([others, own], 1), atol=0.1, rtol=0
    )


def test_in_the_view_of_the_person_hypotheses_are_turned_back():
    method, clips = made(view="person"), some()
    view = method.person_view(clips["keypoints"], clips["camera"])
    seen = method(view.keypoints, view.camera(clips["camera"], 0))
    lifted = method.lift(clips)
    expected = torch.einsum("btji,btkj->btki", view.rotation, seen)
    torch.testing.assert_close(lifted, expected, atol=1e-2, rtol=0)
    assert (lifted - seen).abs().max() > 1


def test_what_is_written_is_mean_and_spread_and_all_if_asked():
    method, clips = made(keep_hypotheses=True), some()
    clips["valid"][0, 1:] = False
    found = method.predict_step(clips, 0)
    drawn = found["hypotheses"].double().numpy()
    assert drawn.shape == (10, 3, 17, 3)
    np.testing.assert_allclose(found["pose"], drawn.mean(1), atol=1e-3)
    away = ((drawn - drawn.mean(1, keepdims=True)) ** 2).sum(-1).mean(1) ** 0.5
    np.testing.assert_allclose(found["spread"], away, atol=1e-3)
    assert {*made().predict_step(clips, 0)} == {"pose", "spread", "clip", "frame"}


@pytest.mark.parametrize(("full", "joints"), [(True, ()), (True, (0, 3, 5)), (False, ())])
def test_a_test_tells_the_mean_one_the_best_and_the_spread(full, joints):
    method, clips = made(), some()
    method._compared = joints
    clips["valid"][0, 1:] = False
    method.evaluation = method.configure_evaluation(SimpleNamespace(actions=["Walking"]), full)
    method.evaluate(clips)
    found = method.evaluation.compute().frame_mean
    target = method.target(clips)[:, :, None]
    drawn = method.draw_poses(clips["keypoints"], clips["camera"]).transpose(1, 2)
    valid = clips["valid"]

    def error(pred):
        distance = (pred - target).norm(dim=-1)
        return distance[..., list(joints or range(17))].mean(-1)[valid].double()

    assert found["mpjpe"] == pytest.approx(error(drawn.mean(2, keepdim=True)).mean().item(), 1e-5)
    names = {metric.name for metric in HYPOTHESES}
    assert found.keys() & names == (names if full else set())
    if full:
        errors = error(drawn)
        assert found["mpjpe_single"] == pytest.approx(errors.mean().item(), 1e-5)
        assert found["mpjpe_best_of_n"] == pytest.approx(errors.min(-1).values.mean().item(), 1e-5)


def test_statistics_are_those_of_training_poses():
    method = FlowMatchingLifter(**SMALL, frames=9)
    set_up(method, receptive_field=1, chunk=9)
    assert method.standardise_pose.mean.any()
    with pytest.raises(InputError, match="learns from 3D poses"):
        method.fit_statistics(torch.zeros(3, 17, 2), None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hypotheses": 0}, "--model.hypotheses is 0: give at least 1"),
        ({"steps": 0}, "--model.steps is 0: give at least 1"),
        ({"frames": 0}, "--model.frames is 0: give at least 1"),
        ({"width": 15}, "--model.width is 15: give an even number"),
        ({"solver": "rk4"}, "choose one of euler, heun"),
        ({"skeleton": "coco17"}, "lifts every keypoint to a joint"),
    ],
)
def test_options_that_cannot_be_are_named(options, message):
    with pytest.raises(InputError, match=message):
        FlowMatchingLifter(**{**SMALL, **options})
