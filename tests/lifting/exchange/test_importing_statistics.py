"""Weights whose statistics lie in another file, or in none."""

import numpy as np
import pytest
import torch

from lifting import methods
from lifting.cameras import Camera
from lifting.errors import InputError
from lifting.exchange import export_weights, import_weights
from lifting.methods.bases.checkpointed import load_frozen
from tests.lifting.published import made_files
from tests.lifting.published.made_files import MADE

PUBLISHED_FLOW = "weights/elepose/model_inn_h36m_17j_pretrain_inn_gt_pca_bases_26_headnorm.pt"


@pytest.mark.parametrize("norm", ["bn", "batch_norm"])
@pytest.mark.parametrize(("keypoints", "joints"), [(17, 17), (16, 16)])
def test_simple_baseline_with_its_statistics(imported, tmp_path, norm, keypoints, joints):
    keys = made_files.simple_baseline_keys(2 * keypoints, 3 * joints, 8, norm=norm)
    state, arrays = made_files.made_state(keys), made_files.statistics(keypoints, joints)
    content = state if norm == "bn" else {"epoch": 1, "err": 45.5, "state_dict": state}
    method, _, out = imported(content, "SimpleBaseline", statistics=arrays)
    assert method.hparams["keypoint_skeleton"] == f"h36m{keypoints}"
    assert method.hparams["skeleton"] == "h36m17"
    pixels = 500 + 100 * made_files.windows(1, keypoints)
    camera = Camera.__new__(Camera)  # the method does not look at it
    with torch.no_grad():
        pose = method.double()(pixels, camera)
    flat = (pixels.numpy() - arrays["mean_2d"]) / arrays["std_2d"]
    lifted = made_files.simple_baseline_reference(
        made_files.double(state), torch.from_numpy(flat).flatten(1), norm
    )
    expected = lifted.view(3, joints, 3).numpy() * arrays["std_3d"] + arrays["mean_3d"]
    if joints == 16:
        expected = np.concatenate([np.zeros((3, 1, 3)), expected], 1)
    np.testing.assert_allclose(pose[:, 0].numpy(), expected, rtol=1e-5, atol=1e-3)

    export_weights(out, tmp_path / "again.pth")
    again = torch.load(tmp_path / "again.pth", weights_only=True)
    again = again if norm == "bn" else again["state_dict"]
    assert again.keys() == state.keys()
    assert all(torch.equal(again[k], v) for k, v in state.items())
    with np.load(tmp_path / "again.pth.statistics.npz") as archive:
        for name, values in made_files.statistics(keypoints, joints).items():
            np.testing.assert_array_equal(archive[name][-joints:], values.astype(np.float32))


def elepose_statistics():
    """A basis in ElePose's order: all x, then all y, the right arm before the left."""
    draw = np.random.default_rng(4)
    # The root, at 0 and 17, is always zero.
    basis = np.linalg.qr(draw.normal(size=(32, 32)))[0]
    return {
        "pca_mean": np.insert(draw.normal(0, 0.05, 32), (0, 16), 0),
        "pca_components": np.insert(basis, (0, 16), 0, axis=1),
        "head_distance": 145.5,
    }


def pixels_of(vectors, arrays):
    """Keypoints of h36m17 whose head-normalised vector in ElePose's order is given."""
    vector = np.asarray(vectors) * 10 * arrays["head_distance"]
    theirs = vector.reshape(2, 17).T
    swapped = np.concatenate([theirs[:11], theirs[14:], theirs[11:14]])
    return torch.from_numpy(swapped[None] + 300.0)


def elepose_reference(state, z, blocks):
    """Negative log-likelihood without its constant: FrEIA 0.2's block by its formula."""
    log_det = z.new_zeros(len(z))
    for i in range(blocks):
        block = {
            k.removeprefix(f"module_list.{i}."): v
            for k, v in state.items()
            if k.startswith(f"module_list.{i}.")
        }
        first, second = z.chunk(2, -1)
        hidden = (first @ block["subnet.0.weight"].T + block["subnet.0.bias"]).clamp_min(0)
        raw = 0.1 * (hidden @ block["subnet.2.weight"].T + block["subnet.2.bias"])
        scale, shift = 2 * raw[:, :13].tanh(), raw[:, 13:]
        overall = 0.1 * torch.log1p(torch.exp(0.5 * block["global_scale"])) / 0.5
        z = torch.cat([first, second * scale.exp() + shift], -1) * overall + block["global_offset"]
        z = z @ block["w_perm"].T
        log_det = log_det + scale.sum(-1) + overall.log().sum()
    return 0.5 * z.square().sum(-1) - log_det


def test_elepose_flow_with_the_basis_of_its_publication(imported, tmp_path):
    state, arrays = made_files.rotated_state(), elepose_statistics()
    method, _, out = imported(state, "PoseFlows", statistics=arrays)
    draw = np.random.default_rng(7)
    coefficients = draw.normal(0, 0.05, 26)
    vector = arrays["pca_mean"] + coefficients @ arrays["pca_components"][:26]
    method = method.double()
    with torch.no_grad():
        nll = method.nll(method.head_scale(pixels_of(vector, arrays)))["full"]
    expected = elepose_reference(made_files.double(state), torch.from_numpy(coefficients)[None], 2)
    torch.testing.assert_close(nll, expected, rtol=1e-5, atol=1e-4)

    export_weights(out, tmp_path / "again.pt")
    again = torch.load(tmp_path / "again.pt", weights_only=True)
    assert again.keys() == state.keys()
    assert all(torch.equal(again[k], v) for k, v in state.items())
    with np.load(tmp_path / "again.pt.statistics.npz") as archive:
        for name, values in arrays.items():
            values = values[:26] if name == "pca_components" else values
            np.testing.assert_array_equal(archive[name], np.float32(values))


@pytest.mark.real
def test_the_published_flow_of_elepose(real_data, tmp_path):
    path = real_data / PUBLISHED_FLOW
    if not path.is_file():
        pytest.skip(f"no {PUBLISHED_FLOW} in {real_data}")
    with pytest.raises(
        InputError, match="needs pca_components, which published weights do not hold"
    ):
        import_weights(path, tmp_path / "flow.ckpt")
    arrays = elepose_statistics()
    report = import_weights(path, tmp_path / "flow.ckpt", statistics=arrays)
    assert "64 renamed, 3 given" in report
    method = load_frozen(tmp_path / "flow.ckpt", methods.PoseFlows)
    with torch.no_grad():
        poses = method.head_scale(pixels_of(arrays["pca_mean"], arrays).float())
        assert method.nll(poses)["full"].item() == pytest.approx(-122.6, abs=0.1)
    export_weights(tmp_path / "flow.ckpt", tmp_path / "again.pt")
    again = torch.load(tmp_path / "again.pt", weights_only=True)
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    assert again.keys() == theirs.keys()
    assert all(torch.equal(again[k], v) for k, v in theirs.items())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean_2d": np.zeros((16, 2))}, r"mean_2d has the shape \(16, 2\), not \(17, 2\)"),
        ({"std_3d": -np.ones((17, 3))}, "some deviations are negative"),
        ({"std_2d": np.full((17, 2), np.nan)}, "std_2d is not finite"),
        ({"mean_3d": "text"}, "mean_3d holds no numbers"),
    ],
)
def test_statistics_that_do_not_fit(imported, change, message):
    state = made_files.made_state(made_files.simple_baseline_keys(34, 51, 8))
    with pytest.raises(InputError, match=message):
        imported(state, "SimpleBaseline", statistics=made_files.statistics(17, 17) | change)


def test_statistics_where_there_are_none(imported):
    with pytest.raises(InputError, match="a VideoPose3D has none; leave them out"):
        imported(
            MADE["VideoPose3D"].file(), "VideoPose3D", statistics=made_files.statistics(17, 17)
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pca_components": 2 * np.eye(34)}, "not orthonormal"),
        ({"pca_components": np.eye(34)[:20]}, r"pca_components has the shape \(20, 34\)"),
        ({"head_distance": 0.0}, "head_distance is not positive"),
    ],
)
def test_a_basis_that_does_not_fit(imported, change, message):
    with pytest.raises(InputError, match=message):
        imported(made_files.rotated_state(), "PoseFlows", statistics=elepose_statistics() | change)
