import math

import pytest
import torch

from lifting.cameras import Camera, nominal_camera
from lifting.errors import InputError
from lifting.geometry import bone_lengths
from lifting.methods import LInKs, OcclusionCompletion
from lifting.metrics.evaluation import completion_errors
from lifting.metrics.functional import pa_mpjpe
from lifting.metrics.registry.poses import COMPLETION, HIDDEN
from lifting.skeletons import skeleton
from lifting.skeletons.occlusion import CASES, NAMES, REFUSED, Status

pytestmark = pytest.mark.slow(reason="trains completion", shapes=True)

JOINTS = skeleton("h36m17")


@pytest.fixture
def keypoints():
    return 500 + 100 * torch.randn(32, 17, 2)


@pytest.fixture
def lifter_files(tmp_path, keypoints):
    paths = {}
    for split in ("left_right", "leg_torso"):
        method = LInKs(split, width=16)
        method.fit_statistics(keypoints, torch.randn(32, 17, 3) * 300)
        checkpoint = {"state_dict": method.state_dict(), "hyper_parameters": dict(method.hparams)}
        checkpoint["lifting"] = method._identity()
        paths[split] = str(tmp_path / f"{split}.ckpt")
        torch.save(checkpoint, paths[split])
    return paths


@pytest.fixture
def method(lifter_files):
    method = OcclusionCompletion(**lifter_files, width=16, lifter_width=16)
    method.load_frozen_stages()
    return method


def everything_seen(keypoints):
    return torch.ones(keypoints.shape[:2], dtype=torch.bool)


def test_completion_nets_have_the_published_sizes():
    method = OcclusionCompletion(lifter_width=8)
    counts = {n: sum(p.numel() for p in net.parameters()) for n, net in method.nets.items()}
    assert set(counts) == {*NAMES[1:REFUSED]}
    assert counts["left_arm"] == counts["right_leg"] == 6_350_857


def test_what_is_hidden_is_never_looked_at(method, keypoints):
    for case in CASES[1:]:
        visible = everything_seen(keypoints)
        visible[:, case.completed(JOINTS)] = False
        blind = keypoints.clone()
        blind[~visible] = torch.nan
        found = method.complete(blind, visible)
        torch.testing.assert_close(found.pose, method.complete(keypoints, visible).pose)
        assert found.pose.isfinite().all()
        assert {NAMES[i] for i in found.case.tolist()} == {case.name}


def test_every_pose_of_a_mixed_batch_is_what_it_is_alone(method, keypoints):
    visible = torch.rand(32, 17) > 0.1
    together = method.complete(keypoints, visible)
    assert len(together.case.unique()) > 2
    for i in range(32):
        alone = method.complete(keypoints[i : i + 1], visible[i : i + 1])
        torch.testing.assert_close(
            together.pose[i], alone.pose[0], equal_nan=True, atol=1e-2, rtol=1e-4
        )
        assert together.case[i] == alone.case[0]


def test_any_mask_gives_a_pose_or_a_refusal(method):
    # A sample of the patterns, with the networks; all of them, without, in test_occlusion.
    patterns = torch.randperm(2**17)[:4096]
    visible = (patterns[:, None] >> torch.arange(17)) % 2 == 1
    done = method.complete(500 + 100 * torch.randn(4096, 17, 2), visible)
    refused = done.case == REFUSED
    assert refused.any()
    assert (~refused).any()
    assert done.pose[~refused].isfinite().all()
    assert done.pose[refused].isnan().all()
    assert (done.status[refused] == Status.UNKNOWN).all()


def test_a_seen_joint_stays_in_its_place_in_the_image(method, keypoints):
    # Without the head no side and no torso can be lifted: the arms are seen, their depth is not.
    visible = everything_seen(keypoints)
    visible[:, JOINTS.index("head")] = False
    done = method.complete(keypoints, visible)
    wrist = JOINTS.index("left_wrist")
    assert (done.status[:, wrist] == Status.DEPTH_COMPLETED).all()
    x = method.head_scale(keypoints)
    size = method.mean_bone / bone_lengths(done.pose, JOINTS.bones).mean(-1)
    assert size.isfinite().all()
    # On the ray of its keypoint: (x, y) over the depth from the camera, in any unit of length.
    knee = JOINTS.index("left_knee")
    for joint in (wrist, knee):
        direction = done.pose[:, joint, :2] / done.pose[:, joint, :2].norm(dim=-1, keepdim=True)
        expected = x[:, joint] / x[:, joint].norm(dim=-1, keepdim=True)
        torch.testing.assert_close(direction, expected, atol=1e-4, rtol=1e-3)


def test_root_between_the_hips_is_used_and_marked(method, keypoints):
    visible = everything_seen(keypoints)
    visible[:, JOINTS.root] = False
    moved = keypoints.clone()
    hips = JOINTS.indices(["left_hip", "right_hip"])
    moved[:, JOINTS.root] = keypoints[:, hips].mean(1)
    done = method.complete(keypoints, visible)
    torch.testing.assert_close(done.pose, method.complete(moved, everything_seen(moved)).pose)
    assert (done.status[:, JOINTS.root] == Status.COMPLETED).all()


def test_whole_poses_average_the_lifters_of_both_splits(method, keypoints):
    x = method.head_scale(keypoints)
    depths = method.part_depths(x, ("left", "right", "legs", "torso"))
    offset = torch.zeros(32, 17)
    for j in range(1, 17):
        parts = [d[:, j] for part, d in depths.items() if j in JOINTS.part(part)]
        offset[:, j] = torch.stack(parts).mean(0)
    torch.testing.assert_close(method.assemble(x, depths, 0), method._back_project(x, offset))


@pytest.mark.parametrize("source", ["matching", "leg_torso"])
def test_training_moves_the_completion_and_leaves_the_lifters(lifter_files, keypoints, source):
    method = OcclusionCompletion(**lifter_files, width=16, lifter_width=16, train_source=source)
    method.load_frozen_stages()
    method.loss({"keypoints": keypoints[:, None]}).backward()
    assert all(p.grad.abs().sum() > 0 for p in method.nets.parameters())
    assert all(p.grad is None for p in method.lifters.parameters())


@pytest.mark.parametrize("views", [1, 3])
@pytest.mark.parametrize("source", ["matching", "leg_torso"])
def test_the_loss_is_that_of_a_loop_over_cases_and_views(method, keypoints, source, views):
    """Each case is given what is lifted where it occurs, and learns what is lifted of whole poses."""
    method.hparams.update(train_source=source, views=views)
    batch = {"keypoints": keypoints[:, None]}
    drawn = method.draw(batch)
    x = method.head_scale(keypoints)
    depths = method.part_depths(x, ("left", "right", "legs", "torso"))
    whole = method.assemble(x, depths, 0)
    if source == "leg_torso":
        whole = method._back_project(x, depths["legs"] + depths["torso"])
    total = 0.0
    for index, case in enumerate(CASES):
        if not case.missing:
            continue
        given = method.assemble(x, depths, index) if source == "matching" else whole
        for turns in drawn["rotations"]:
            seen = torch.stack([pose @ turn.T for pose, turn in zip(given, turns, strict=True)])
            true = torch.stack([pose @ turn.T for pose, turn in zip(whole, turns, strict=True)])
            found = method.nets[case.name](seen[:, case.observed(JOINTS)])
            off = (found - true[:, case.completed(JOINTS)]).square().sum((1, 2)).mean()
            # One view by chance stands for three.
            total += off.item() * 3 / views
    assert method.objective(batch, **drawn)["loss"].item() == pytest.approx(total, rel=1e-4)


def test_training_brings_completed_joints_to_where_they_were_lifted(method, keypoints):
    x = method.head_scale(keypoints)
    depths = method.part_depths(x, ("left", "right", "legs", "torso"))
    target = method.assemble(x, depths, 0)

    def off():
        """Mean distance of the joints that each case hides, from the parts that it sees."""
        errors = []
        for index, case in enumerate(CASES):
            if case.missing:
                hidden = case.completed(JOINTS)
                seen = everything_seen(keypoints)
                seen[:, hidden] = False
                with torch.no_grad():
                    done = method.complete_case(x, seen, depths, index)
                errors.append((done - target)[:, hidden].norm(dim=-1).mean())
        return torch.stack(errors).mean().item()

    batch, before = {"keypoints": keypoints[:, None]}, off()
    optimizer = torch.optim.Adam(method.nets.parameters(), 1e-2)
    for _ in range(12):
        optimizer.zero_grad()
        method.objective(batch, **method.draw(batch))["loss"].backward()
        optimizer.step()
    assert off() < 0.8 * before


@pytest.mark.parametrize("views", [1, 3])
def test_loss_is_zero_where_completion_is_perfect(method, keypoints, views):
    method.hparams["views"] = views

    class Oracle(torch.nn.Module):
        """Returns the targets, which it is told through the last joints of its input."""

        def __init__(self, answer):
            super().__init__()
            self.answer = answer

        def forward(self, given):
            return self.answer(given)

    x = method.head_scale(keypoints)
    depths = method.part_depths(x, ("left", "right", "legs", "torso"))
    target = method.assemble(x, depths, 0)
    turns = method._views(32, method.step_generator())
    assert len(turns) == method.hparams["views"]
    views = torch.cat([target @ t.mT for t in turns])
    for case in CASES[1:]:
        completed = case.completed(JOINTS)
        method.nets[case.name] = Oracle(lambda _, c=completed: views[:, c])
    assert method.loss({"keypoints": keypoints[:, None]}).item() == pytest.approx(0, abs=1e-6)


def test_one_view_by_chance_is_the_mean_of_three(method):
    def mean_azimuth(views):
        method.hparams["views"] = views
        turns = method._views(60_000, method.step_generator()).flatten(0, 1)
        # A third of all views are unturned, the others spread over the circle.
        unturned = (turns[:, 0, 0] == 1).float().mean().item()
        return unturned, turns[:, 0, 0].mean().item()

    for views in (1, 3):
        assert mean_azimuth(views) == pytest.approx((1 / 3, 1 / 3), abs=0.01)


def test_published_views_are_turned_by_less_than_the_circle(method):
    method.hparams.update(views=3, azimuth=0.5)
    turns = method._views(20_000, method.step_generator())
    none, first, second = torch.atan2(turns[..., 0, 2], turns[..., 2, 2])
    assert not none.any()
    # Uniform over half a pi, and two of them on top of each other.
    assert first.abs().max().item() == pytest.approx(math.pi / 4, rel=1e-3)
    assert second.abs().max().item() > 0.9 * math.pi / 2
    assert second.std().item() == pytest.approx(math.pi / 2 / math.sqrt(6), rel=0.03)
    on_top = torch.corrcoef(torch.stack((first, second)))[0, 1].item()
    assert on_top == pytest.approx(math.sqrt(0.5), abs=0.02)


def test_checkpoint_predicts_without_the_lifters_files(method, lifter_files, keypoints, tmp_path):
    alone = OcclusionCompletion(**lifter_files, width=16, lifter_width=16)
    alone.load_state_dict(method.state_dict())
    camera = Camera
    torch.testing.assert_close(
        alone(keypoints[:, None], camera), method(keypoints[:, None], camera)
    )


def test_confidence_decides_what_is_seen(method, keypoints):
    confidence = torch.ones(32, 1, 17)
    confidence[:, :, JOINTS.part("left_arm")] = 0.1
    camera = Camera.stack([nominal_camera(1000.0, 800.0).to(torch.float32)] * 32)
    batch = {"keypoints": keypoints[:, None], "confidence": confidence, "camera": camera}
    done = method._lift(batch)
    assert {NAMES[i] for i in done.case.tolist()} == {"left_arm"}


def test_hidden_joints_are_measured_after_the_alignment_of_all():
    pred, target = 100 * torch.randn(2, 6, 17, 3, dtype=torch.float64)
    hidden = [3, 4]
    errors = completion_errors(pred, target, hidden)
    assert list(errors) == [metric.name for metric in (*COMPLETION, *HIDDEN)]
    torch.testing.assert_close(errors["pa_mpjpe"], pa_mpjpe(pred, target))
    rest = completion_errors(pred, target, [j for j in range(17) if j not in hidden])
    both = (2 * errors["pa_mpjpe_hidden"] + 15 * rest["pa_mpjpe_hidden"]) / 17
    torch.testing.assert_close(both, errors["pa_mpjpe"])
    assert "pa_mpjpe_hidden" not in completion_errors(pred, target, [])


def test_lifters_of_other_options_are_refused(lifter_files):
    with pytest.raises(InputError, match="lifter_width"):
        OcclusionCompletion(**lifter_files, lifter_width=8).load_frozen_stages()
    swapped = {"left_right": lifter_files["leg_torso"], "leg_torso": lifter_files["left_right"]}
    with pytest.raises(InputError, match="split leg_torso"):
        OcclusionCompletion(**swapped, lifter_width=16).load_frozen_stages()
    with pytest.raises(InputError, match="flip_test"):
        OcclusionCompletion(flip_test=True)
    with pytest.raises(InputError, match="views"):
        OcclusionCompletion(views=2)
    with pytest.raises(InputError, match="train_source"):
        OcclusionCompletion(train_source="none")
