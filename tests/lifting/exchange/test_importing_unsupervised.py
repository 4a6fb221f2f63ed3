"""Published lifters that learn without 3D compute what their networks do, in our joints' order."""

import hashlib

import numpy as np
import pytest
import torch

from lifting import methods
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.exchange import export_weights, import_weights
from lifting.geometry import bone_lengths
from lifting.methods.bases.checkpointed import load_frozen
from lifting.skeletons import skeleton
from lifting.skeletons.occlusion import CASES
from tests.lifting.nets.published_video_pose_3d import made_state
from tests.lifting.published import made_unsupervised as made
from tests.lifting.published.made_files import double

BODY = skeleton("h36m17")


def cameras(count):
    """Cameras of images of 1000 x 800."""
    fields = {"focal": 2, "principal": 2, "radial": 3, "tangential": 2, "size": 2, "position": 3}
    values = {name: torch.zeros(count, size) for name, size in fields.items()}
    values |= {"tangential_gain": torch.ones(count), "rotation": torch.eye(3).expand(count, 3, 3)}
    return Camera(**values | {"size": torch.tensor([1000.0, 800.0]).expand(count, 2)})


def drawn(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def assert_close(found, expected, atol=1e-5):
    """Lifters give float32, whatever they compute in."""
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=atol)


def saved(folder, files):
    """Write state dicts as files, and return their paths by name."""
    paths = {name: folder / f"their_{name}.pt" for name in files}
    for name, state in files.items():
        torch.save(state, paths[name])
    return paths


def axis_major(x):
    return x.mT.flatten(1)


def assert_exported_again(out, files, folder):
    """What is exported are the files that were imported, bit by bit."""
    export_weights(out, folder / "again.pt")
    for name, state in files.items():
        path = folder / ("again.pt" if len(files) == 1 else f"again.{name}.pt")
        again = torch.load(path, weights_only=True)
        assert again.keys() == state.keys()
        assert all(torch.equal(again[key], value) for key, value in state.items())


def test_elepose_lifts_with_the_right_arm_first(tmp_path):
    files = {"lifter": made.as_begun(made.depth_lifter_keys(17, 8, 2, "depth", batch=True))}
    paths, out = saved(tmp_path, files), tmp_path / "ours.ckpt"
    report = import_weights(paths["lifter"], out)
    assert "head_scale.scale -> (), as published" in report
    method = load_frozen(out, methods.ElePose).double()
    keypoints = 0.1 * drawn(4, 17, 2)
    depth, elevation = made.depth_lifter_reference(
        double(files["lifter"]), axis_major(keypoints[:, made.RIGHT_ARM_FIRST]), 2, "depth"
    )
    depth = depth[:, made.RIGHT_ARM_FIRST]
    depth[:, 0] = 0
    found, angle = method.lifters(keypoints)
    assert_close(found[0], depth)
    assert_close(angle, elevation)
    # From pixels to millimetres: a pose of the average person's size.
    pixels = 300 + keypoints * 1455.329587164913
    pose = method(pixels[:, None], cameras(4))[:, 0]
    seen = keypoints - keypoints[:, :1]
    depth, _ = made.depth_lifter_reference(
        double(files["lifter"]), axis_major(seen[:, made.RIGHT_ARM_FIRST]), 2, "depth"
    )
    distance = 10 + depth[:, made.RIGHT_ARM_FIRST]
    distance[:, 0] = 10
    expected = torch.cat([seen * distance[..., None], distance[..., None] - 10], -1)
    size = 243 / bone_lengths(expected, BODY.bones).mean(-1)
    assert_close(pose, size[:, None, None] * expected, 1e-2)
    assert_exported_again(out, files, tmp_path)


def links_files(names, seed=0):
    keys = {name: made.depth_lifter_keys(len(made.PARTS[name])) for name in names}
    return {name: made.as_begun(k, seed + i) for i, (name, k) in enumerate(keys.items())}


@pytest.mark.parametrize("names", [("left", "right"), ("legs", "torso")])
def test_links_lifts_parts_from_files_of_their_own(tmp_path, names):
    files = links_files(names)
    paths, out = saved(tmp_path, files), tmp_path / "ours.ckpt"
    # The file that is not named is the other one.
    report = import_weights(paths[names[1]], out, beside={names[0]: paths[names[0]]})
    digest = hashlib.sha256(paths[names[0]].read_bytes()).hexdigest()
    assert f"{names[0]} their_{names[0]}.pt, SHA-256 {digest}" in report
    (line,) = [x for x in report.splitlines() if f" {names[0]}.upscale.bias " in x]
    assert line.startswith("renamed")
    method = load_frozen(out, methods.LInKs).double()
    keypoints = 0.1 * drawn(4, 17, 2)
    expected = torch.zeros(4, 17, dtype=torch.float64)
    angles = []
    # Of the joints that both sides have, the right one's depth is taken.
    for name in names:
        joints = made.PARTS[name]
        depth, angle = made.depth_lifter_reference(
            double(files[name]), axis_major(keypoints[:, joints])
        )
        expected[:, joints] = depth
        angles.append(angle)
    expected[:, 0] = 0
    assert_close(method.lifters.final(keypoints), expected)
    assert_close(method.lifters(keypoints)[1], sum(angles) / 2)
    assert method.head_scale.scale.item() == pytest.approx(145.40964)
    assert_exported_again(out, files, tmp_path)


def test_completion_nets_come_with_the_lifters_that_they_complete(tmp_path):
    files = links_files(made.PARTS, seed=20)
    for i, (name, joints) in enumerate(made.COMPLETIONS.items()):
        keys = made.completion_keys(17 - len(joints), len(joints))
        files[f"{name}_estimator"] = made.as_begun(keys, i, "res_common")
    paths, out = saved(tmp_path, files), tmp_path / "ours.ckpt"
    beside = {name: path for name, path in paths.items() if name != "torso_estimator"}
    import_weights(paths["torso_estimator"], out, beside=beside)
    method = load_frozen(out, methods.OcclusionCompletion).double()
    pose = drawn(4, 17, 3)
    for case in CASES[1:]:
        completed = made.COMPLETIONS[case.name]
        seen = [j for j in range(17) if j not in completed]
        state = double(files[f"{case.name}_estimator"])
        expected = made.completion_reference(state, axis_major(pose[:, seen]))
        found = method.nets[case.name](pose[:, seen])
        assert_close(found, expected.unflatten(1, (3, -1)).mT)
    keypoints = 0.1 * drawn(4, 17, 2)
    for name, joints in made.PARTS.items():
        depth, _ = made.depth_lifter_reference(
            double(files[name]), axis_major(keypoints[:, joints])
        )
        found = method.part_depths(keypoints, (name,))[name][:, joints]
        assert_close(found, depth)
    assert_exported_again(out, files, tmp_path)


def test_parts_that_are_no_whole_are_refused(tmp_path):
    paths = saved(tmp_path, links_files(("left", "right")))
    out = tmp_path / "ours.ckpt"
    with pytest.raises(InputError, match=r"is one of several files .* all but one of left, right,"):
        import_weights(paths["left"], out)
    for beside in ({"up": paths["right"]}, {"right": paths["right"], "legs": paths["left"]}):
        with pytest.raises(InputError, match=r"--beside: .* and one file more are no whole"):
            import_weights(paths["left"], out, beside=beside)
    with pytest.raises(InputError, match=r"legs\.upscale\.weight is \(8, 22\), but a LInKs"):
        import_weights(paths["left"], out, beside={"legs": paths["right"]})
    assert not out.exists()


def test_repnet_with_its_critic(tmp_path):
    files = {"model_G": made_state(made.repnet_keys(), 0, torch.float32)}
    files["model_D"] = made_state(made.critic_keys(), 1, torch.float32)
    torch.save({**files, "iteration": 500, "best_error": 76.5}, tmp_path / "repnet_resnet.tar")
    out = tmp_path / "ours.ckpt"
    report = import_weights(tmp_path / "repnet_resnet.tar", out)
    assert "model_D.w4.bias -> critics.pose.last.2.bias" in report
    method = load_frozen(out, methods.RepNet).double()
    pixels = 500 + 200 * drawn(4, 17, 2)
    screen = pixels / 500 - torch.tensor([1, 0.8])
    seen = (screen[:, 1:] - screen[:, :1]).flatten(1)
    pose, camera = made.repnet_reference(double(files["model_G"]), seen)
    found = method(pixels[:, None], cameras(4))[:, 0]
    assert_close(found[:, 1:], 1000 * pose.unflatten(1, (16, 3)), 1e-2)
    found = method.generator(seen.unflatten(1, (16, 2)))[1]
    assert_close(found, camera.unflatten(1, (3, 2)))
    joints = drawn(5, 16, 3)
    scores = method.critics["pose"](torch.cat([torch.zeros(5, 1, 3), joints], 1))
    expected = made.critic_reference(double(files["model_D"]), joints)
    assert_close(scores, expected)
    export_weights(out, tmp_path / "again.tar")
    again = torch.load(tmp_path / "again.tar", weights_only=True)
    for key, state in files.items():
        assert again[key].keys() == state.keys()
        assert all(torch.equal(again[key][k], v) for k, v in state.items())


def test_the_video_model_with_its_critic(tmp_path):
    keys = {
        "model_G_root": made.generator_keys(34, 3),
        "model_G_pose": made.generator_keys(32, 48),
        "model_D": made.critic_keys(),
    }
    files = {key: made_state(k, i, torch.float32) for i, (key, k) in enumerate(keys.items())}
    torch.save({**files, "optimizer_G": {"state": {}}}, tmp_path / "video.tar")
    out = tmp_path / "ours.ckpt"
    import_weights(tmp_path / "video.tar", out)
    method = load_frozen(out, methods.TemporalGAN).double()
    pixels = 500 + 200 * drawn(4, 27, 17, 2)
    screen = pixels / 500 - torch.tensor([1, 0.8])
    relative = (screen[:, :, 1:] - screen[:, :, :1]).flatten(2)
    pose = made.generator_reference(double(files["model_G_pose"]), relative)
    root = made.generator_reference(double(files["model_G_root"]), screen.flatten(2))
    found = method(pixels, cameras(4))[:, 0, 1:].double()
    assert_close(found, 1000 * pose.unflatten(1, (16, 3)), 1e-2)
    place = method.trajectory(pixels, cameras(4))[:, 0].double()
    assert_close(place, 1000 * root, 1e-2)
    joints = drawn(5, 16, 3)
    scores = method.critics["pose"](torch.cat([torch.zeros(5, 1, 3), joints], 1))
    assert_close(scores, made.critic_reference(double(files["model_D"]), joints))
    export_weights(out, tmp_path / "again.tar")
    again = torch.load(tmp_path / "again.tar", weights_only=True)
    for key, state in files.items():
        assert again[key].keys() == state.keys()
        assert all(torch.equal(again[key][k], v) for k, v in state.items())


def test_what_the_published_code_could_not_lift_is_not_exported(tmp_path):
    files = links_files(("legs", "torso"))
    paths, out = saved(tmp_path, files), tmp_path / "ours.ckpt"
    import_weights(paths["legs"], out, beside={"torso": paths["torso"]})
    checkpoint = torch.load(out, weights_only=True)
    checkpoint["hyper_parameters"]["gain"] = 10.0
    torch.save(checkpoint, tmp_path / "other.ckpt")
    with pytest.raises(InputError, match=r"has gain 10.0, but the published code knows 1.0 only"):
        export_weights(tmp_path / "other.ckpt", tmp_path / "again.pt")


def test_another_head_distance_may_be_given(tmp_path):
    files = {"lifter": made.as_begun(made.depth_lifter_keys(17, 8, 2, "depth", batch=True))}
    paths = saved(tmp_path, files)
    given = {"head_distance": np.float64(120.0)}
    report = import_weights(paths["lifter"], tmp_path / "a.ckpt", statistics=given)
    assert "head_scale.scale -> (), --statistics" in report
    method = load_frozen(tmp_path / "a.ckpt", methods.ElePose)
    assert method.head_scale.scale.item() == 120
    with pytest.raises(InputError, match="head_distance is not positive"):
        import_weights(paths["lifter"], tmp_path / "b.ckpt", statistics={"head_distance": -1.0})
