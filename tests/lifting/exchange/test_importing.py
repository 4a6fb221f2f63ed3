import re

import pytest
import torch
import yaml

from lifting import methods
from lifting.checkpoints import read_checkpoint
from lifting.errors import InputError
from lifting.exchange import export_weights
from tests.lifting.nets.published_video_pose_3d import (
    video_pose_3d_keys,
    video_pose_3d_reference,
)
from tests.lifting.published import made_files
from tests.lifting.published.made_files import MADE

PUBLISHED_FLOW = "weights/elepose/model_inn_h36m_17j_pretrain_inn_gt_pca_bases_26_headnorm.pt"


@pytest.mark.parametrize("name", MADE)
def test_imported_weights_compute_what_the_published_network_does(name, imported):
    made = MADE[name]
    method, _, _ = imported(made.file(), name, given=made.options)
    x = made_files.windows(made.frames, coordinates=made.coordinates)
    with torch.no_grad():
        out = method.double().net(x)
    expected = made.reference(made_files.double(made.state()), x)
    assert expected.abs().mean() > 0.05
    torch.testing.assert_close(out, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", MADE)
def test_the_report_names_every_tensor_of_the_file_once(name, imported, tmp_path):
    made = MADE[name]
    content = made.file()
    network = content if made.nested is None else content[made.nested]
    _, report, out = imported(content, name, given=made.options)
    where = "" if made.nested is None else f"{made.nested}."
    lines = [line.split()[1] for line in report.splitlines()[4:]]
    for key in network:
        assert lines.count(where + key) == 1
    assert out.with_suffix(".report.txt").read_text() == report
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ours.ckpt",
        "ours.report.txt",
        "ours.yaml",
        "theirs.bin",
    ]


@pytest.mark.parametrize("name", MADE)
def test_exported_again_it_is_bit_by_bit_the_file_that_came_in(name, imported, tmp_path):
    made = MADE[name]
    content = made.file()
    _, _, out = imported(content, name, given=made.options)
    export_weights(out, tmp_path / "again.bin")
    again = torch.load(tmp_path / "again.bin", weights_only=True)
    before = content if made.nested is None else content[made.nested]
    after = again if made.nested is None else again[made.nested]
    assert before.keys() == after.keys()
    computed = {"pos_encoder.permanent_pe"}
    for key, tensor in before.items():
        if key in computed:
            torch.testing.assert_close(after[key], tensor, rtol=0, atol=1e-5)
        else:
            assert torch.equal(after[key], tensor), key


def test_methods_and_windows_stand_in_the_configuration(imported):
    made = MADE["VideoPose3D"]
    method, _, out = imported(made.file(), "VideoPose3D", given=made.options)
    config = yaml.safe_load(out.with_suffix(".yaml").read_text())
    assert config["model"]["class_path"] == "VideoPose3D"
    again = methods.VideoPose3D(**config["model"]["init_args"])
    assert dict(again.hparams) == dict(method.hparams)
    assert config["data"]["init_args"] == {
        "keypoint_skeleton": "h36m17",
        "receptive_field": 15,
        "causal": True,
    }


def test_windows_of_a_method_that_predicts_all_frames(imported):
    made = MADE["MixSTE"]
    _, _, out = imported(made.file(), "MixSTE", given=made.options)
    config = yaml.safe_load(out.with_suffix(".yaml").read_text())["data"]["init_args"]
    assert (config["receptive_field"], config["chunk"]) == (1, 5)


def test_two_networks_import_as_semi_supervised(imported, tmp_path):
    made = MADE["VideoPose3D"]
    trajectory = made_files.made_state(video_pose_3d_keys(17, 1, (3, 1, 5), 8), seed=5)
    content = made.file() | {"model_traj": trajectory, "random_state_semi": None}
    method, report, out = imported(content, "SemiSupervisedVideoPose3D", given=made.options)
    x = made_files.windows(15)
    with torch.no_grad():
        root = method.double().trajectory_net(x)
    expected = video_pose_3d_reference(made_files.double(trajectory), x, (3, 1, 5), causal=True)
    torch.testing.assert_close(root, expected, rtol=1e-5, atol=1e-5)
    assert "model_traj.shrink.bias -> trajectory_net.last.bias" in report
    export_weights(out, tmp_path / "again.bin")
    again = torch.load(tmp_path / "again.bin", weights_only=True)["model_traj"]
    assert again.keys() == trajectory.keys()
    assert all(torch.equal(again[k], v) for k, v in trajectory.items())


def test_a_network_without_trajectory_is_supervised(imported):
    made = MADE["VideoPose3D"]
    content = made.file() | {"model_traj": None}
    _, report, _ = imported(content, "VideoPose3D", given=made.options)
    assert re.search(r"ignored +model_traj -> None", report)


def test_coco_keypoints(imported):
    made = MADE["VideoPose3D"]
    given = {"causal": True, "keypoint_skeleton": "coco17"}
    method, _, _ = imported(made.file(), "VideoPose3D", given=given)
    assert method.hparams["keypoint_skeleton"] == "coco17"
    assert method.hparams["skeleton"] == "h36m17"


def test_dense_kernels_are_told_by_the_option(imported):
    keys = video_pose_3d_keys(taps=(3, 3, 3), channels=8)
    keys |= {"layers_conv.0.weight": (8, 8, 7), "layers_conv.2.weight": (8, 8, 19)}
    state = made_files.made_state(keys)
    method, _, _ = imported({"model_pos": state}, "VideoPose3D", given={"dense": True})
    assert method.hparams["taps"] == [3, 3, 3]
    x = made_files.windows(27)
    with torch.no_grad():
        out = method.double().net(x)
    h = x.flatten(2).mT
    wide = made_files.double(state)

    def layer(h, weight, norm):
        h = torch.nn.functional.conv1d(h, wide[weight])
        values = [wide[f"{norm}.{k}"] for k in ("running_mean", "running_var", "weight", "bias")]
        return torch.nn.functional.batch_norm(h, *values).relu()

    h = layer(h, "expand_conv.weight", "expand_bn")
    for i, reach in enumerate((3, 9)):
        kept = h[:, :, reach : h.shape[2] - reach]
        h = layer(h, f"layers_conv.{2 * i}.weight", f"layers_bn.{2 * i}")
        h = kept + layer(h, f"layers_conv.{2 * i + 1}.weight", f"layers_bn.{2 * i + 1}")
    expected = torch.nn.functional.conv1d(h, wide["shrink.weight"], wide["shrink.bias"])
    torch.testing.assert_close(out, expected.mT.unflatten(-1, (17, 3)), rtol=1e-5, atol=1e-5)


def test_stray_graphs_of_iganet_are_checked_and_reported(imported):
    made, graph = MADE["IGANet"], made_files.graph().float()
    stray = ["A", "IGANet.blocks.0.adj", "IGANet.blocks.1.GCN_Block2.adj"]
    _, report, out = imported(made.file() | dict.fromkeys(stray, graph), "IGANet")
    for name in stray:
        assert re.search(rf"^ignored +{re.escape(name)} -> a constant", report, re.MULTILINE)
    for path in (out, out.with_suffix(".yaml"), out.with_suffix(".report.txt")):
        path.unlink()
    # Direction of the edges swapped: the network would compute something else.
    with pytest.raises(InputError, match=r"theirs\.bin: tensor A is another constant"):
        imported(made.file() | {"A": graph[[0, 2, 1, 3]]}, "IGANet")


def test_counters_that_old_files_lack_are_made_and_reported(imported):
    keys = made_files.simple_baseline_keys(34, 51, 8, norm="batch_norm")
    state = made_files.made_state(keys)
    state = {k: v for k, v in state.items() if "num_batches" not in k}
    _, report, _ = imported(state, "SimpleBaseline", statistics=made_files.statistics(17, 17))
    assert len(re.findall(r"^made +net.*num_batches_tracked -> 0", report, re.MULTILINE)) == 5


def test_the_checkpoint_is_one_that_no_training_goes_on_from(imported):
    made = MADE["IGANet"]
    method, _, out = imported(made.file(), "IGANet")
    checkpoint = read_checkpoint(out)
    assert checkpoint["lifting"]["method"] == "IGANet"
    assert "optimizer_states" not in checkpoint
    method.on_load_checkpoint(checkpoint)
    other = methods.IGANet(skeleton="panoptic15", keypoint_skeleton="panoptic15")
    with pytest.raises(InputError, match="it is of skeleton 'h36m17'"):
        other.on_load_checkpoint(checkpoint)
