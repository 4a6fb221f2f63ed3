import numpy as np
import pytest
import torch

from lifting.cameras import project
from lifting.errors import InputError
from lifting.methods.semi_supervised import SemiSupervisedVideoPose3D
from lifting.skeletons import skeleton
from tests.lifting.methods.bases.test_sequence_lifter import batch, set_up
from tests.lifting.methods.made_steps import descend

BODY = skeleton("h36m17")


def method(**options):
    made = SemiSupervisedVideoPose3D(taps=[3, 3], channels=16, supervised_epochs=0, **options)
    return made.eval()


def paired(chunk=1, free=6):
    labelled = batch(8, frames=8 + chunk, chunk=chunk)
    other = batch(free, frames=8 + chunk, chunk=chunk, seed=1)
    del other["pose"]
    return labelled | {"unlabelled": other}


def outputs(model, some):
    pose = model.lift_to_metres(some["keypoints"], some["camera"]).double().detach().numpy()
    root = model.trajectory(some["keypoints"], some["camera"]).double().detach().numpy() / 1000
    return pose, root


def labelled_loss(model, some):
    """MPJPE with the root, plus the root's error over its depth."""
    pose, root = outputs(model, some)
    truth = some["pose"].double().numpy() / 1000
    place = truth[:, :, BODY.root]
    mpjpe = np.linalg.norm(pose - (truth - place[:, :, None]), axis=-1).mean(-1)
    drift = np.linalg.norm(root - place, axis=-1) / place[..., 2]
    return (mpjpe + drift)[some["valid"].numpy()].mean()


def unlabelled_terms(model, some):
    pose, root = outputs(model, some["unlabelled"])
    other = some["unlabelled"]
    points = torch.from_numpy(1000 * (pose + root[:, :, None]))
    seen = other["keypoints"][:, 4 : 4 + pose.shape[1]].double().numpy()
    off = [
        np.linalg.norm(project(p, c.to(torch.float64), clamp=True).numpy() - k, axis=-1).mean()
        for p, c, k in zip(
            points.flatten(0, 1),
            [other["camera"][i] for i in range(len(pose)) for _ in range(pose.shape[1])],
            seen.reshape(-1, 17, 2),
            strict=True,
        )
    ]
    valid = other["valid"].numpy()
    reprojection = np.array(off).reshape(valid.shape)[valid].mean() * 2 / 1000

    def lengths(poses, where):
        bones = [poses[where][:, c] - poses[where][:, p] for p, c in BODY.bones]
        return np.linalg.norm(bones, axis=-1).mean(-1)

    mine = lengths(outputs(model, some)[0], some["valid"].numpy())
    return reprojection, np.abs(mine - lengths(pose, valid)).mean()


@pytest.mark.parametrize("free", [6, 11])
@pytest.mark.parametrize("root_on_ray", [False, True])
@pytest.mark.parametrize("chunk", [1, 3])
def test_the_loss_adds_up(chunk, root_on_ray, free):
    model = method(reprojection=2.0, bone=0.5, root_on_ray=root_on_ray)
    some = paired(chunk, free)
    some["unlabelled"]["valid"][0, 0] = False
    some["valid"][1, 0] = False
    reprojection, bone = unlabelled_terms(model, some)
    expected = labelled_loss(model, some) + 2.0 * reprojection + 0.5 * bone
    assert model.loss(some).item() == pytest.approx(expected, rel=1e-4)


def test_unlabelled_frames_do_not_count_at_first_or_where_there_are_none():
    model, some = method(), paired()
    model.hparams["supervised_epochs"] = 1
    expected = labelled_loss(model, some)
    assert model.loss(some).item() == pytest.approx(expected, rel=1e-4)
    del some["unlabelled"]
    model.hparams["supervised_epochs"] = 0
    assert model.loss(some).item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("term", [0, 1], ids=["reprojection", "bone"])
def test_unlabelled_frames_pull_poses_onto_keypoints_and_bones_to_those_of_labelled_ones(term):
    weights = {"reprojection": float(term == 0), "bone": float(term == 1)}
    model, some = method(**weights), paired()
    with torch.no_grad():
        model.trajectory_net.last.bias.copy_(torch.tensor([0.0, 0.0, 5.0]))
    values = [unlabelled_terms(model, some)[term]]
    for _ in range(5):
        # Less what labelled frames say, whose poses are as they are in either.
        loss = model.loss(some) - model.loss({k: v for k, v in some.items() if k != "unlabelled"})
        descend(loss, model.parameters(), 1e-2 if term == 0 else 1e-3)
        values.append(unlabelled_terms(model, some)[term])
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.99 * values[0]


def test_batch_normalisation_sees_labelled_and_unlabelled_frames_together():
    model, some = method().train(), paired()
    before = model.net.activation[0].running_mean.clone()
    model.loss(some)
    together = model.net.activation[0].running_mean.clone()
    assert not torch.equal(before, together)
    model = method().train()
    del some["unlabelled"]
    model.loss(some)
    assert model.net.activation[0].num_batches_tracked == 1
    assert not torch.allclose(together, model.net.activation[0].running_mean)


def test_both_networks_learn_from_unlabelled_frames_alone():
    model, some = method(), paired()
    # Bones compare with labelled frames, of which there are none now.
    some["valid"][:] = False
    loss = model.loss(some)
    assert loss.isfinite()
    loss.backward()
    for net in (model.net, model.trajectory_net):
        assert net.last.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("causal", [False, True])
def test_a_root_on_its_ray_is_seen_where_its_keypoint_is_and_as_deep_as_is_said(causal):
    model, said = (method(causal=causal, root_on_ray=on_ray) for on_ray in (True, False))
    said.load_state_dict(model.state_dict())
    some = batch(8, frames=11, chunk=3)
    # Only within the image is the lens known.
    some["keypoints"].clamp_(200, 800)
    root = model.trajectory(some["keypoints"], some["camera"])
    begin = 8 if causal else 4
    seen = some["keypoints"][:, begin : begin + 3, BODY.root]
    torch.testing.assert_close(project(root, some["camera"]), seen, rtol=0, atol=0.05)
    depth = said.trajectory(some["keypoints"], some["camera"])[..., 2]
    torch.testing.assert_close(root[..., 2], depth, rtol=1e-5, atol=1e-3)


def test_the_trajectory_is_averaged_with_its_mirrored_twin():
    model, some = method(flip_test=True), paired()
    order = list(BODY.mirror)
    twin = some["keypoints"][:, :, order].clone()
    twin[..., 0] = 1000 - twin[..., 0]
    back = model.trajectory(twin, some["camera"]) * torch.tensor([-1.0, 1.0, 1.0])
    expected = (model.trajectory(some["keypoints"], some["camera"]) + back) / 2
    torch.testing.assert_close(
        model.follow(some["keypoints"], some["camera"]), expected, rtol=1e-4, atol=1e-2
    )


def test_predictions_hold_pose_and_trajectory_of_valid_frames():
    model, some = method(), paired()
    some["valid"][3] = False
    some |= {"clip": torch.zeros(8, dtype=torch.long), "frame": torch.arange(8)[:, None]}
    found = model.predict_step(some, 0)
    kept = [i for i in range(8) if i != 3]
    assert found["frame"].tolist() == kept
    root = model.trajectory(some["keypoints"], some["camera"])[kept, 0]
    torch.testing.assert_close(found["trajectory"], root)


def test_keypoints_of_other_joints_are_refused():
    with pytest.raises(InputError, match="every keypoint to a joint"):
        method(keypoint_skeleton="mpii16")


def test_two_networks_of_the_published_size():
    made = SemiSupervisedVideoPose3D(taps=[3] * 5)
    counts = [sum(p.numel() for p in n.parameters()) for n in (made.net, made.trajectory_net)]
    assert counts == [16_952_371, 16_903_171]


def test_unlabelled_subjects_are_what_it_is_for():
    set_up(method(), unlabelled=["S5"])
