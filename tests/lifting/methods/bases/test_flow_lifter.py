import math

import pytest
import torch

from lifting.errors import InputError
from lifting.geometry import bone_lengths, similarity_alignment
from lifting.losses.poses import bone_ratios
from lifting.methods import ElePose, LInKs, PoseFlows
from lifting.methods.bases.flow_prior import FlowPrior
from lifting.skeletons import skeleton

JOINTS = skeleton("h36m17")


@pytest.fixture
def keypoints():
    return 500 + 100 * torch.randn(64, 17, 2)


@pytest.fixture
def flow_files(tmp_path, keypoints):
    """Checkpoints of untrained flows, as a run would have written them."""
    paths = {}
    for option, parts in (
        ("full_flow", ["full"]),
        ("part_flows", ["left", "right", "legs", "torso"]),
    ):
        flows = PoseFlows(parts=parts, hidden=8, blocks=2)
        flows.fit_statistics(keypoints, None)
        checkpoint = {"state_dict": flows.state_dict(), "hyper_parameters": dict(flows.hparams)}
        flows.on_save_checkpoint(checkpoint)
        paths[option] = str(tmp_path / f"{option}.ckpt")
        torch.save(checkpoint, paths[option])
    return paths


def ready(method, keypoints):
    method.load_frozen_stages()
    method.fit_statistics(keypoints, torch.randn(64, 17, 3) * 300)
    return method


def elepose(flow_files, keypoints, **options):
    method = ElePose(full_flow=flow_files["full_flow"], **{"width": 16} | options)
    return ready(method, keypoints)


def links(flow_files, keypoints, **options):
    return ready(LInKs(**flow_files, **{"width": 16} | options), keypoints)


@pytest.fixture
def batch(keypoints):
    from datamodules.h36m.cameras import h36m_camera
    from lifting.cameras import Camera

    camera = Camera.stack([h36m_camera("S1", "54138969").to(torch.float32)] * len(keypoints))
    return {"keypoints": keypoints[:, None], "camera": camera}


def losses_of(method, batch):
    """The weighted losses, without their sum and the angles that are logged beside them."""
    values = method.objective(batch, **method.draw(batch))
    return {n: v for n, v in values.items() if n not in ("loss", "elevation_mean", "elevation_std")}


def test_published_sizes():
    def count(method):
        return sum(p.numel() for p in method.parameters())

    published = {"width": 1024}
    assert count(ElePose(**published)) == 10_550_290
    assert count(LInKs("left_right", **published)) == 2 * 14_730_252
    assert count(LInKs("leg_torso", **published)) == 14_717_960 + 14_727_179


@pytest.mark.parametrize("split", ["full", "left_right", "leg_torso"])
def test_predictions_project_to_their_keypoints(split, keypoints, batch):
    method = ElePose(width=16) if split == "full" else LInKs(split, width=16)
    method.fit_statistics(keypoints, torch.randn(64, 17, 3))
    pose = method(batch["keypoints"], batch["camera"])[:, 0]
    assert not pose[:, JOINTS.root].any()
    # Up to the size of the person, which cannot be seen.
    x = method.head_scale(keypoints)
    scale = pose[..., :2].norm(dim=(-2, -1)) / x.norm(dim=(-2, -1))
    size = bone_lengths(pose, JOINTS.bones).mean(-1)
    torch.testing.assert_close(size, method.mean_bone.expand_as(size))
    units = pose / size[:, None, None]
    depth = units[..., 2] * 0 + 1
    assert scale.isfinite().all()
    assert depth.isfinite().all()


def reference_losses(method, batch):
    """ElePose, one pose and one step at a time, with numpy-like matrices."""
    h, draws = method.hparams, method.step_generator()
    x = method.head_scale(batch["keypoints"])[:, 0]
    offset, angle = method.lifters.lifters[0](x)
    offset = offset.clone()
    offset[:, JOINTS.root] = 0
    azimuth = math.pi * (2 * torch.rand(len(x), generator=draws) - 1)
    tilt = angle.std() * torch.randn(len(x), generator=draws) - angle.mean()

    def rx(a):
        c, s = math.cos(a), math.sin(a)
        return torch.tensor([[1, 0, 0], [0, c, -s], [0, s, c]])

    def ry(a):
        c, s = math.cos(a), math.sin(a)
        return torch.tensor([[c, 0, s], [0, 1, 0], [-s, 0, c]])

    def lifted(p, o):
        d = (o + 10).clamp_min(1)
        return torch.stack([p[:, 0] * d, p[:, 1] * d, d - d[JOINTS.root]], -1)

    totals = {"nll": 0.0, "l2d": 0.0, "l3d": 0.0, "bone": 0.0}
    poses, backs = [], []
    for i in range(len(x)):
        pose = lifted(x[i], offset[i])
        turn = rx(float(tilt[i])) @ ry(float(azimuth[i])) @ rx(float(angle[i]))
        turned = pose @ turn.T
        view = turned[:, :2] / (turned[:, 2:] + 10)
        second = method.lifters.lifters[0](view[None])[0][0].clone()
        second[JOINTS.root] = 0
        again = lifted(view, second)
        back = again @ turn
        reprojected = back[:, :2] / (back[:, 2:] + 10)
        totals["nll"] += method.prior.source["full"].flow("full").nll(view.reshape(1, -1))[0]
        totals["l2d"] += (reprojected - x[i]).abs().sum()
        totals["l3d"] += (turned - again).norm()
        ratios = bone_ratios(pose, JOINTS.bones)
        totals["bone"] += ((ratios - method.bone_ratios) ** 2).sum()
        poses.append(pose)
        backs.append(back)
    losses = {name: h[name] * value / len(x) for name, value in totals.items()}
    pairs = [
        ((poses[i] - poses[i + 1]) - (backs[i] - backs[i + 1])).norm()
        for i in range(0, len(x) - 1, 2)
    ]
    return losses | {"deformation": h["deformation"] * sum(pairs) / len(pairs)}


def test_losses_are_those_of_the_paper(flow_files, keypoints, batch):
    method = elepose(
        flow_files,
        keypoints,
        depth="clamp",
        elevation="learned",
        cap=False,
        elevation_prior=0.0,
        nll_growth=1.0,
    )
    with torch.no_grad():
        found, expected = losses_of(method, batch), reference_losses(method, batch)
    for name, value in expected.items():
        assert found[name].item() == pytest.approx(float(value), rel=2e-3), name
    assert found["elevation"] == 0


@pytest.mark.parametrize("split", ["left_right", "leg_torso"])
@pytest.mark.parametrize("hypotheses", ["merged", "both"])
def test_links_loss_reaches_every_lifter(flow_files, keypoints, batch, split, hypotheses):
    method = links(flow_files, keypoints, split=split, hypotheses=hypotheses, elevation="learned")
    method.loss(batch).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in method.parameters())


def test_sum_over_both_hypotheses_is_twice_their_mean(flow_files, keypoints, batch):
    options = {"split": "left_right", "hypotheses": "both"}
    mean = links(flow_files, keypoints, **options)
    both = links(flow_files, keypoints, sum_hypotheses=True, **options)
    both.load_state_dict(mean.state_dict())
    with torch.no_grad():
        found, expected = losses_of(both, batch), losses_of(mean, batch)
    for name in ("l2d", "l3d", "deformation", "bone"):
        torch.testing.assert_close(found[name], 2 * expected[name])
    torch.testing.assert_close(found["nll"], expected["nll"])


def test_generated_poses_double_the_batch(flow_files, keypoints, batch):
    method = elepose(flow_files, keypoints, generated=True)
    seen = []
    method.lifters.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    method.loss(batch).backward()
    assert len(seen[0]) == 2 * len(keypoints)
    torch.testing.assert_close(seen[0][:64], method.head_scale(keypoints))


def test_frozen_flows_are_no_part_of_the_method(flow_files, keypoints):
    method = elepose(flow_files, keypoints)
    assert not [n for n in method.state_dict() if "flow" in n]
    assert set(method.frozen) == {"full_flow"}
    assert len(method.frozen["full_flow"]) == 64


@pytest.mark.parametrize("elevation", ["known", "camera", "uniform", "warm", "learned"])
def test_elevations(flow_files, keypoints, batch, elevation):
    method = elepose(flow_files, keypoints, elevation=elevation)
    losses = losses_of(method, batch)
    assert torch.stack(list(losses.values())).isfinite().all()
    assert bool(losses["elevation"] > 0) == (elevation in ("warm", "learned"))
    torch.stack(list(losses.values())).sum().backward()
    # DDP waits for every gradient, also where nothing is predicted.
    assert all(p.grad is not None for p in method.parameters())


def prior(flow_files, names, **options):
    from lifting.methods.bases.checkpointed import load_frozen

    stages = [load_frozen(path, PoseFlows) for path in flow_files.values()]
    options = {"whole": 0.0, "scaled": True, "cap": False, "contrast": 0.0} | options
    return FlowPrior(stages, names, **options)


def test_scaled_likelihood_counts_the_dimensions_of_a_pose(flow_files):
    x = 0.05 * torch.randn(8, 17, 2)
    x[:, 0] = 0
    views = {"left": x, "right": x, "full": x}
    each = {n: prior(flow_files, [n], scaled=False)({n: x}, {}) for n in views}
    found = prior(flow_files, ["left", "right"])(views, {})
    torch.testing.assert_close(found, (each["left"] + each["right"]) * 32 / 40)
    half = prior(flow_files, ["left", "right"], whole=0.5)(views, {})
    torch.testing.assert_close(half, (found + each["full"]) / 2)


def test_contrast_vanishes_while_the_follower_equals_the_prior(flow_files):
    x = (0.05 * torch.randn(8, 17, 2)).requires_grad_()
    contrasted = prior(flow_files, ["full"], contrast=1.0)
    value = contrasted({"full": x}, {})
    torch.testing.assert_close(value, torch.zeros(8))
    (gradient,) = torch.autograd.grad(value.sum(), x)
    torch.testing.assert_close(gradient, torch.zeros_like(x), atol=1e-3, rtol=0)


def test_contrast_does_not_train_the_follower_but_following_does(flow_files):
    x = (0.05 * torch.randn(8, 17, 2)).requires_grad_()
    contrasted = prior(flow_files, ["full"], contrast=1.0)
    contrasted({"full": x}, {}).sum().backward()
    assert all(p.grad is None for p in contrasted.followers.parameters())
    x.grad = None
    contrasted.follow({"full": x}, contrasted.draw(len(x), torch.Generator())).backward()
    assert x.grad is None
    assert all(p.grad.abs().sum() > 0 for p in contrasted.followers.parameters())


@pytest.mark.parametrize(
    ("progress", "nll", "bone"),
    # Until 40 % the bones' weight rises as a square; from there to 80 % the likelihood's, geometrically.
    [(0.0, 1.0, 0.0), (0.2, 1.0, 25.0), (0.4, 1.0, 100.0), (0.6, 3.0, 100.0), (0.9, 9.0, 100.0)],
)
def test_weights_over_training(progress, nll, bone):
    method = ElePose(width=8, nll_growth=9.0, bone=100.0, bone_ramp=0.4)
    assert method._nll_weight(progress) == pytest.approx(nll)
    assert method._bone_weight(progress) == pytest.approx(bone)


def test_bone_ratios_of_the_data_are_their_mean(keypoints):
    method, pose = ElePose(width=8), 300 * torch.randn(64, 17, 3)
    method.fit_statistics(keypoints, pose)
    torch.testing.assert_close(method.bone_ratios, bone_ratios(pose, JOINTS.bones).mean(0))
    torch.testing.assert_close(method.mean_bone, bone_lengths(pose, JOINTS.bones).mean())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": "none"}, "depth"),
        ({"elevation": "guess"}, "elevation"),
        ({"keypoint_skeleton": "mpii16"}, "joint set"),
        ({"split": "left_right"}, "LInKs"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(InputError, match=message):
        ElePose(**options)


def test_a_missing_flow_is_named(flow_files, keypoints):
    with pytest.raises(InputError, match="full_flow"):
        ElePose().load_frozen_stages()
    with pytest.raises(InputError, match="left, legs, right, torso"):
        ElePose(full_flow=flow_files["part_flows"]).load_frozen_stages()
    with pytest.raises(InputError, match="3D poses"):
        ElePose().fit_statistics(keypoints, None)


def test_alignment_of_a_prediction_is_finite_for_any_pixels(keypoints):
    # A person in one pixel has no depth to speak of, and no NaN either.
    method = ElePose(width=8)
    method.fit_statistics(keypoints, torch.randn(64, 17, 3))
    pose = method(torch.full((2, 1, 17, 2), 300.0), None)[:, 0]
    assert similarity_alignment(pose, torch.randn(2, 17, 3)).rotation.isfinite().all()
