"""It's all Relative: files with their statistics, an object with options, and an order of their own."""

import numpy as np
import pytest
import torch

from lifting import methods
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.exchange import export_weights, import_weights
from lifting.methods.bases.checkpointed import load_frozen
from lifting.published.reading import read_published
from tests.lifting.containers.made_python2 import OPTIMIZER, array, instance, python2_file
from tests.lifting.nets.published_video_pose_3d import made_state
from tests.lifting.published import made_unsupervised as made
from tests.lifting.published.made_files import double

# The sixteen joints of h36m16 among those of the files: pelvis, right leg, left leg, spine, thorax,
# head, left arm, right arm.
SIXTEEN = [6, 2, 1, 0, 3, 4, 5, 7, 8, 9, 13, 14, 15, 12, 11, 10]
# Joint set, the place of each of its joints in the files, the root, and the limbs that are measured.
SETS = {
    17: ("h36m17", list(range(17)), 0, 16),
    16: ("h36m16", SIXTEEN, 0, 15),
    14: ("lsp14", list(range(14)), 12, 14),
}
# Ends of the limbs of our poses, and which of the measured they are.
LIMBS = {
    17: [
        *((0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9), (9, 10)),
        *((8, 11), (11, 12), (12, 13), (8, 14), (14, 15), (15, 16)),
    ],
    16: [
        *((0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6), (0, 7), (7, 8), (8, 9)),
        *((8, 10), (10, 11), (11, 12), (8, 13), (13, 14), (14, 15)),
    ],
    14: [
        *((2, 1), (1, 0), (3, 4), (4, 5), (2, 3), (9, 10), (10, 11), (8, 7), (7, 6)),
        *((12, 9), (12, 8), (12, 13)),
    ],
}


def statistics(joints):
    draw = np.random.default_rng(joints)
    return {
        "stat_2d": {
            "mean": draw.normal(0, 60, 2 * joints).astype(np.float32),
            "std": draw.uniform(40, 90, 2 * joints).astype(np.float32),
        },
        "stat_3d": {
            "mean": draw.normal(0, 100, 3 * joints).astype(np.float32),
            "std": draw.uniform(50, 200, 3 * joints).astype(np.float32),
            "avg_limb_lens": draw.uniform(100, 450, (1, SETS[joints][3])).astype(np.float32),
        },
    }


def state_of(joints, twin=False):
    state = made_state(made.relative_depth_keys(joints), joints, torch.float32)
    state["mult"] = torch.full((3 * joints,), -1.0) if twin else 90 + 20 * state["mult"].abs()
    return state


def as_python2(state, stats):
    arrays = {name: {k: array(v) for k, v in group.items()} for name, group in stats.items()}
    opt = instance("opts.default_human36.Options", {"lr": 0.001, "dataset_type": "human36_17k"})
    return python2_file(state, epoch=25, optimizer=OPTIMIZER, opt=opt, **arrays)


def lifted(method, pixels):
    camera = Camera.__new__(Camera)  # the method does not look at it
    with torch.no_grad():
        return method.double()(pixels[:, None], camera)[:, 0].numpy()


def published_pose(state, stats, pixels, joints, units):
    """Their pose of our keypoints, in our order."""
    _, places, root, _ = SETS[joints]
    theirs = torch.empty_like(pixels)
    theirs[:, places] = pixels - pixels[:, [root]]
    flat = (theirs.flatten(1).numpy() - stats["stat_2d"]["mean"]) / stats["stat_2d"]["std"]
    pose, scale = made.relative_depth_reference(double(state), torch.from_numpy(flat), units)
    return pose.unflatten(1, (-1, 3))[:, places].numpy(), scale


@pytest.mark.parametrize("joints", SETS)
def test_a_file_of_python2_lifts_as_the_published_network(tmp_path, joints):
    state, stats = state_of(joints), statistics(joints)
    path, out = tmp_path / "test_ckpt_last.pth.tar", tmp_path / "ours.ckpt"
    path.write_bytes(as_python2(state, stats))
    report = import_weights(path, out)
    assert "an object of opts.default_human36.Options" in report
    assert "stat" not in [line.split()[0] for line in report.splitlines() if line]
    method = load_frozen(out, methods.RelativeDepth)
    assert method.hparams["skeleton"] == method.hparams["keypoint_skeleton"] == SETS[joints][0]
    draw = torch.Generator().manual_seed(2)
    pixels = 500 + 80 * torch.randn(5, joints, 2, generator=draw, dtype=torch.float64)
    pose, scale = published_pose(state, stats, pixels, joints, units=True)
    expected = pose - pose[:, [SETS[joints][2]]]
    # As long in the mean as the limbs of the training subjects, but for the two of the trunk.
    limbs = np.stack([expected[:, a] - expected[:, b] for a, b in LIMBS[joints]], 1)
    measured = np.delete(stats["stat_3d"]["avg_limb_lens"][0], [11, 12] if joints == 14 else [])
    expected *= (measured.mean() / np.linalg.norm(limbs, axis=-1).mean(-1))[:, None, None]
    np.testing.assert_allclose(lifted(method, pixels), expected, rtol=1e-5, atol=1e-2)
    found = method.net.pose_and_scale(method.standard(pixels[:, None]))[1]
    torch.testing.assert_close(found.double(), scale, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(method.ratios, measured / measured[2 if joints > 14 else 1], 1e-6)

    export_weights(out, tmp_path / "again.pth.tar")
    again = read_published(tmp_path / "again.pth.tar")
    assert all(torch.equal(again.tensors[k], v) for k, v in state.items())
    for name in ("stat_2d.mean", "stat_2d.std"):
        first, _, second = name.partition(".")
        np.testing.assert_array_equal(again.arrays[name], stats[first][second])
    import_weights(tmp_path / "again.pth.tar", tmp_path / "once_more.ckpt")
    once_more = load_frozen(tmp_path / "once_more.ckpt", methods.RelativeDepth)
    np.testing.assert_allclose(lifted(once_more, pixels), lifted(method, pixels), atol=1e-3)


@pytest.mark.parametrize("joints", [17, 16])
def test_the_supervised_twin_has_statistics_of_poses(tmp_path, joints):
    state, stats = state_of(joints, twin=True), statistics(joints)
    torch.save({"state_dict": state, **stats}, tmp_path / "theirs.pth.tar")
    out = tmp_path / "ours.ckpt"
    report = import_weights(tmp_path / "theirs.pth.tar", out)
    assert "state_dict.ws.bias -> not used by the published network" in report
    method = load_frozen(out, methods.RelativeDepthTwin)
    draw = torch.Generator().manual_seed(2)
    pixels = 500 + 80 * torch.randn(5, joints, 2, generator=draw, dtype=torch.float64)
    pose, _ = published_pose(state, stats, pixels, joints, units=False)
    std, mean = (stats["stat_3d"][k].reshape(joints, 3)[SETS[joints][1]] for k in ("std", "mean"))
    expected = pose * std + mean
    np.testing.assert_allclose(lifted(method, pixels), expected, rtol=1e-5, atol=1e-2)


def test_statistics_may_lie_elsewhere_and_must_be_somewhere(tmp_path):
    state, stats = state_of(17), statistics(17)
    torch.save({"state_dict": state}, tmp_path / "theirs.pth.tar")
    with pytest.raises(InputError, match=r"needs stat_2d\.mean"):
        import_weights(tmp_path / "theirs.pth.tar", tmp_path / "ours.ckpt")
    given = {f"{a}.{b}": values for a, group in stats.items() for b, values in group.items()}
    import_weights(tmp_path / "theirs.pth.tar", tmp_path / "ours.ckpt", statistics=given)
    method = load_frozen(tmp_path / "ours.ckpt", methods.RelativeDepth)
    mean = method.standardise_keypoints.mean.flatten()
    np.testing.assert_array_equal(mean, stats["stat_2d"]["mean"])


def test_openpose_s_joints_and_a_known_focal_length_are_told(tmp_path):
    torch.save({"state_dict": state_of(17), **statistics(17)}, tmp_path / "theirs.pth.tar")
    given = {"skeleton": "openpose17", "camera": "weak_perspective"}
    import_weights(tmp_path / "theirs.pth.tar", tmp_path / "ours.ckpt", options=given)
    method = load_frozen(tmp_path / "ours.ckpt", methods.RelativeDepth)
    assert method.hparams["keypoint_skeleton"] == "openpose17"
    assert method.hparams["camera"] == "weak_perspective"
