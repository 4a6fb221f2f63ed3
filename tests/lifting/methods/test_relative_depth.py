import numpy as np
import pytest
import torch

from datamodules.relative_depth.labels import DepthLabels
from lifting.cameras import project
from lifting.errors import InputError
from lifting.geometry import bone_lengths, centre
from lifting.losses.poses import limb_ratio_loss, ranking_loss
from lifting.methods.relative_depth import RelativeDepth
from lifting.methods.relative_depth_twin import RelativeDepthTwin
from lifting.skeletons import skeleton
from lifting.skeletons.limbs import average_person, limbs, unit_limb
from tests.lifting.methods.test_simple_baseline import camera

BODY = skeleton("h36m17")


def people(frames=64, seed=0):
    """Bodies five metres away, seen by a camera, with what is said of three pairs of joints each."""
    draw = torch.Generator().manual_seed(seed)
    pose = torch.zeros(frames, 17, 3)
    pose[:, 0] = torch.tensor([0.0, 0.0, 5000.0])
    for parent, child in BODY.bones:
        step = torch.randn(frames, 3, generator=draw)
        pose[:, child] = pose[:, parent] + 250 * step / step.norm(dim=-1, keepdim=True)
    frame = torch.arange(frames)
    labels = DepthLabels(3).of(pose[..., 2], torch.zeros_like(frame), frame, 0)
    return {
        "keypoints": project(pose, camera(frames))[:, None],
        "pose": pose[:, None],
        "camera": camera(frames),
        "valid": torch.ones(frames, 1, dtype=torch.bool),
        **vars(labels),
        "action": torch.zeros(frames, dtype=torch.int64),
    }


def method(data, kind=RelativeDepth, **options):
    model = kind(**({"width": 32, "dropout": 0.0} | options))
    model.fit_statistics(data["keypoints"][:, 0], centre(data["pose"][:, 0], BODY.root))
    return model.eval()


def terms(model, data):
    """Every term of the loss, from the outputs of the network."""
    seen = centre(data["keypoints"][:, 0], BODY.root)
    x = (seen - seen.mean(0)) / seen.std(0, unbiased=False).clamp_min(1e-9)
    pose, scale = model.net.pose_and_scale(x.flatten(1))
    pose = pose.view(-1, 17, 3)
    if model.hparams["root"] == 0:
        pose = pose - pose[:, :1]
    pairs = data["pairs"]
    rows = torch.arange(len(pose))[:, None]
    gap = pose[rows, pairs[..., 0], 2] - pose[rows, pairs[..., 1], 2]
    projected = scale[:, None, None] * pose[..., :2]
    if model.hparams["camera"] == "weak_perspective":
        depth = pose[..., 2:] + 1000 / scale[:, None, None]
        projected = 1000 * pose[..., :2] / depth
    truth = data["pose"][:, 0]
    lengths = bone_lengths(truth, BODY.bones)
    unit = unit_limb("h36m17")
    ratios = {
        "data": lengths.mean(0) / lengths.mean(0)[unit],
        "own": lengths / lengths[:, unit : unit + 1],
        "person": average_person("h36m17"),
    }[model.hparams["limb_ratios"]]
    return {
        "ranking": ranking_loss(gap, data["farther"], data["compared"]),
        "reprojection": 0.1 * ((projected - seen).square().sum(-1) + 1e-8).sqrt().mean(),
        "root": model.hparams["root"] * pose[:, 0].norm(dim=-1).mean(),
        "limb": limb_ratio_loss(pose, limbs("h36m17"), unit, ratios).mean(),
    }


@pytest.mark.parametrize("kind", ["scaled_orthographic", "weak_perspective"])
@pytest.mark.parametrize("whose", ["data", "person", "own"])
@pytest.mark.parametrize("root", [0.0, 0.5])
def test_loss_is_the_sum_of_its_terms(kind, whose, root):
    data = people()
    model = method(data, camera=kind, limb_ratios=whose, root=root)
    want, found = terms(model, data), model.objective(data)
    torch.testing.assert_close(found["loss"], torch.stack(list(want.values())).sum())
    assert found.keys() == {*want, "loss"}
    torch.testing.assert_close(found["reprojection"], 10 * want["reprojection"])


@pytest.mark.parametrize("name", ["ranking", "reprojection", "root", "limb"])
def test_each_term_has_its_weight(name):
    data = people()
    model = method(data)
    without = model.loss(data)
    model.hparams[name] = 0.0
    torch.testing.assert_close(
        without - model.loss(data), terms(model, data)[name], rtol=1e-3, atol=0
    )


def test_of_the_poses_only_mean_limb_lengths_are_seen(monkeypatch):
    data = people()
    model = method(data)
    loss = model.loss(data)
    del data["pose"]
    assert torch.equal(model.loss(data), loss)


def test_a_prediction_has_the_limbs_of_the_training_subjects_and_its_root_at_zero():
    data = people()
    pose = method(data)(data["keypoints"], data["camera"])
    assert pose.shape == (64, 1, 17, 3)
    assert (pose[:, :, BODY.root] == 0).all()
    torch.testing.assert_close(bone_lengths(pose, BODY.bones).mean(-1), torch.full((64, 1), 250.0))


def test_where_the_person_stands_in_the_image_does_not_matter():
    data = people()
    model = method(data)
    moved = model(data["keypoints"] + torch.tensor([30.0, -12.0]), data["camera"])
    torch.testing.assert_close(moved, model(data["keypoints"], data["camera"]), rtol=1e-3, atol=0.1)


def test_an_average_person_needs_no_poses():
    data = people()
    model = RelativeDepth(width=32, limb_ratios="person")
    model.fit_statistics(data["keypoints"][:, 0], None)
    pose = model.eval()(data["keypoints"], data["camera"])
    mean = (average_person("h36m17").mean() * 445.58).item()
    torch.testing.assert_close(bone_lengths(pose, BODY.bones).mean(-1), torch.full((64, 1), mean))
    with pytest.raises(InputError, match=r"set --model\.limb_ratios person"):
        RelativeDepth(width=32).fit_statistics(data["keypoints"][:, 0], None)


def test_keypoints_are_dropped_in_training_only():
    data = people()
    model = method(data, keypoint_dropout=0.4)
    full = model.standard(data["keypoints"]).view(64, 17, 2)
    seen = model.train().standard(data["keypoints"]).view(64, 17, 2)
    lost = (seen == 0).all(-1)
    assert lost[:, 1:].double().mean().item() == pytest.approx(0.4, abs=0.06)
    assert torch.equal(seen[~lost], full[~lost])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"camera": "fisheye"},
            "--model.camera is fisheye: choose one of scaled_orthographic, weak",
        ),
        ({"limb_ratios": "mine"}, "--model.limb_ratios is mine: choose one of data, person, own"),
        (
            {"keypoint_skeleton": "mpii16"},
            "set --data.pose_skeleton and --model.skeleton to mpii16",
        ),
    ],
)
def test_refuses(options, message):
    with pytest.raises(InputError, match=message):
        RelativeDepth(**options)


def test_data_without_labels_are_refused():
    data = people()
    del data["pairs"]
    with pytest.raises(InputError, match=r"simulate them with --data\.depth_labels"):
        method(people()).loss(data)


@pytest.mark.parametrize("kind", [RelativeDepth, RelativeDepthTwin])
def test_labels_are_evaluated_where_there_are_no_poses(kind):
    class Labels:
        actions = ("sport",)
        has_poses = False

    data = people()
    model = method(data, kind)
    model.evaluation = model.configure_evaluation(Labels(), full=True)
    depth = model(data["keypoints"], data["camera"])[:, 0, :, 2].detach().numpy()
    wrong = []
    data["compared"][::2, 1] = False
    for z, pairs, said, there in zip(
        depth, data["pairs"], data["farther"], data["compared"], strict=True
    ):
        for (a, b), r, yes in zip(pairs.tolist(), said.tolist(), there.tolist(), strict=True):
            if yes:
                wrong.append(np.sign(z[a] - z[b]) != r)
    del data["pose"]
    model.evaluate(data)
    result = model.evaluation.compute()
    assert result.frame_mean == {"disagreement": pytest.approx(100 * np.mean(wrong))}
    assert result.frames == [len(wrong)]


def test_training_puts_joints_in_order():
    data = people(128)
    model = method(data, width=64).train()
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)

    def disagreement():
        model.eval()
        depth = model(data["keypoints"], data["camera"])[:, 0, :, 2]
        first, second = (depth.gather(1, data["pairs"][..., i]) for i in (0, 1))
        model.train()
        return ((first - second).sign() != data["farther"]).double().mean().item()

    before = disagreement()
    for _ in range(50):
        optimizer.zero_grad()
        model.loss(data).backward()
        optimizer.step()
    assert before > 0.35
    assert disagreement() < 0.15


SILENT = {"ranking": 0.0, "reprojection": 0.0, "root": 0.0, "limb": 0.0}


def measured(model, data, term):
    """What a term is about: labels that are wrong, pixels, millimetres of the root, ratios of limbs."""
    seen = centre(data["keypoints"][:, 0], BODY.root)
    pose, scale = model.net.pose_and_scale(model.standard(data["keypoints"]))
    pose = pose.detach().view(-1, 17, 3)
    if term == "root":
        return pose[:, BODY.root].norm(dim=-1).mean().item()
    pose = centre(pose, BODY.root)
    if term == "reprojection":
        return (scale.detach()[:, None, None] * pose[..., :2] - seen).norm(dim=-1).mean().item()
    if term == "ranking":
        depth = pose[..., 2].gather(1, data["pairs"].flatten(1)).unflatten(1, (-1, 2))
        gap = data["farther"] * (depth[..., 0] - depth[..., 1])
        return (gap < 0)[data["farther"] != 0].float().mean().item()
    lengths = bone_lengths(pose, BODY.bones)
    unit = unit_limb("h36m17")
    wanted = bone_lengths(data["pose"][:, 0], BODY.bones).mean(0)
    off = lengths / lengths[:, unit : unit + 1] - wanted / wanted[unit]
    return off.abs().mean().item()


@pytest.mark.parametrize(
    ("term", "rate"), [("ranking", 1e-2), ("reprojection", 3e-3), ("root", 3e-3), ("limb", 1e-2)]
)
def test_each_term_alone_lowers_what_it_is_about(term, rate):
    data = people()
    model = method(data, **SILENT | {term: 1.0})
    optimizer = torch.optim.Adam(model.parameters(), rate)
    before = measured(model, data, term)
    for _ in range(15):
        optimizer.zero_grad()
        model.objective(data)["loss"].backward()
        optimizer.step()
    assert measured(model, data, term) < 0.9 * before


def test_the_twin_learns_millimetres_or_standardised_coordinates():
    data = people()
    target = centre(data["pose"], BODY.root)
    for standard in (True, False):
        model = method(data, RelativeDepthTwin, standard=standard)
        assert sum(p.numel() for p in RelativeDepthTwin().parameters()) == 2_194_535 - 1025 - 51
        pred = model(data["keypoints"], data["camera"])
        off = pred - target
        if standard:
            deviation = target.std(0, unbiased=False)
            off = torch.where(deviation > 0, off / deviation, 0)
            # The root, which never moves, is predicted too.
            off[:, :, BODY.root] = model.net(model.standard(data["keypoints"]))[:, None, :3]
        torch.testing.assert_close(model.loss(data), off.square().mean())
