import pytest
import torch

from lifting.cameras import Camera, nominal_camera
from lifting.errors import InputError
from lifting.geometry import centre
from lifting.methods import Lifter, PoseFlows, VideoPose3D
from lifting.methods.bases.checkpointed import load_frozen
from lifting.methods.bases.lifter_group import LifterGroup
from lifting.skeletons import convert, skeleton
from tests.made_lifters import save, simple_baseline, write_lifters

H36M = "h36m17"


def cameras(count: int) -> Camera:
    return Camera.stack([nominal_camera(1000.0, 802.0)] * count).to(torch.float32)


@pytest.fixture
def keypoints():
    return 500 + 100 * torch.randn(6, 1, 17, 2)


@pytest.fixture
def four(tmp_path):
    paths = write_lifters(tmp_path)
    return {name: load_frozen(path, Lifter) for name, path in paths.items()}


def test_each_lifts_as_it_does_alone(four, keypoints):
    group = LifterGroup(four, H36M, H36M)
    poses = group.lift(keypoints, cameras(6), group)
    assert list(poses) == ["sb", "vp", "iga", "mix"]
    for name, lifter in four.items():
        alone = centre(lifter(keypoints, cameras(6))[:, 0], 0)
        torch.testing.assert_close(poses[name], alone)
        assert alone.abs().max() > 1


def test_lifters_run_in_float32_inside_autocast(four, keypoints):
    group = LifterGroup(four, H36M, H36M)
    exact = group.lift(keypoints, cameras(6), group)
    with torch.autocast("cpu", torch.bfloat16):
        inside = group.lift(keypoints, cameras(6), group)
    for name in group:
        assert inside[name].dtype == torch.float32
        torch.testing.assert_close(inside[name], exact[name])


def test_gradients_reach_keypoints_and_no_lifter(four, keypoints):
    group = LifterGroup(four, H36M, H36M)
    for name in group:
        x = keypoints.clone().requires_grad_()
        group.lift(x, cameras(6), [name])[name].square().sum().backward()
        assert (x.grad.abs() > 0).all(-1).any(0).all()
    assert all(p.grad is None for lifter in four.values() for p in lifter.parameters())


def test_another_joint_set_is_converted_there_by_name(keypoints):
    lifter = simple_baseline("h36m16").eval()
    group = LifterGroup({"sb": lifter}, H36M, H36M)
    wanted = lifter(convert(keypoints, H36M, "h36m16"), cameras(6))[:, 0]
    torch.testing.assert_close(group.lift(keypoints, cameras(6), group)["sb"], centre(wanted, 0))
    pose = 300 * torch.randn(6, 17, 3)
    names, theirs = (skeleton(s).joints for s in (H36M, "h36m16"))
    chosen = pose[:, [names.index(j) for j in theirs]]
    torch.testing.assert_close(group.truth("sb", pose), chosen - chosen[:, :1])


def test_numbers_go_by_name_between_keypoints_and_joints():
    group = LifterGroup({"a": simple_baseline("h36m16"), "b": simple_baseline()}, H36M, H36M)
    names, fewer = skeleton(H36M).joints, skeleton("h36m16").joints
    values = torch.arange(17.0)[None]
    by_joint = dict(zip(fewer, group.per_joint("a", values)[0].tolist(), strict=True))
    assert by_joint == {j: names.index(j) for j in fewer}
    back = group.per_keypoint("a", torch.arange(16.0)[None])[0].tolist()
    assert back == [fewer.index(j) if j in fewer else -1 for j in names]
    assert not group.same_joints
    poses = {"a": torch.randn(2, 16, 3), "b": torch.randn(2, 17, 3)}
    (a, b), weights = group.shared(poses, values.expand(2, -1))
    assert [names[int(w)] for w in weights[0]] == list(fewer)
    torch.testing.assert_close(a, poses["a"])
    torch.testing.assert_close(b, poses["b"][:, [names.index(j) for j in fewer]])


def test_a_temporal_lifter_sees_the_frames_round_the_middle(four):
    temporal = VideoPose3D(taps=[3], channels=16).eval()
    group = LifterGroup({"vp3": temporal, "sb": four["sb"]}, H36M, H36M)
    assert group.frames == 3
    keypoints = 500 + 100 * torch.randn(2, 5, 17, 2)
    poses = group.lift(keypoints, cameras(2), group)
    torch.testing.assert_close(poses["vp3"], temporal(keypoints[:, 1:4], cameras(2))[:, 0])
    alone = centre(four["sb"](keypoints[:, 2:3], cameras(2))[:, 0], 0)
    torch.testing.assert_close(poses["sb"], alone)


def test_joints_that_cannot_be_derived_are_named():
    with pytest.raises(InputError, match=r"lifters, sb: .*h36m17.*h36m32.*nothing to derive"):
        LifterGroup({"sb": simple_baseline("h36m32")}, H36M, H36M)


def test_a_checkpoint_that_lifts_nothing_is_refused(tmp_path):
    path = save(PoseFlows(), tmp_path / "flow.ckpt")
    with pytest.raises(
        InputError, match=r"flow\.ckpt: is of a PoseFlows, here one of .*SimpleBaseline"
    ):
        load_frozen(path, Lifter)
