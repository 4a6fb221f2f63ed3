"""Detectors' files made up with the official names, as checkpoints and back."""

import re
from collections import OrderedDict

import pytest
import torch
import yaml

from lifting import methods
from lifting.checkpoints import read_checkpoint
from lifting.errors import InputError
from lifting.exchange import export_weights
from lifting.skeletons import skeleton
from tests.lifting.nets.published_detectors import (
    Reference,
    hrnet_imagenet_keys,
    hrnet_keys,
    made_detector,
    pose_resnet_keys,
    resnet_imagenet_keys,
)
from tests.lifting.nets.test_hrnet import images
from tests.lifting.published.made_files import MADE
from tests.made_lifters import save

pytestmark = pytest.mark.slow(reason="imports detectors of published size", shapes=True)

COCO = {"keypoint_skeleton": "coco17"}
HRNET = made_detector(hrnet_keys(4, 17))
MPII = made_detector(hrnet_keys(4, 16))


@pytest.fixture(scope="module")
def resnet():
    """The smallest PoseResNet with deconvolutions as wide as all published ones have them."""
    return made_detector(pose_resnet_keys(18, 14, 256))


def mmpose(state):
    heads = ("final_layer", "deconv_layers")
    names = {n: ("head." if n.startswith(heads) else "backbone.") + n for n in state}
    return {"meta": {}, "epoch": 210, "state_dict": {names[n]: t for n, t in state.items()}}


def lines(report, word):
    found = (line.split() for line in report.partition("\n\n")[2].splitlines())
    return [parts[1] for parts in found if parts[0] == word]


@pytest.mark.parametrize(
    "layout", [pytest.param(OrderedDict, marks=pytest.mark.exhaustive), mmpose]
)
def test_an_imported_hrnet_finds_the_heatmaps_of_the_published_one(imported, layout):
    method, report, _ = imported(layout(HRNET), "HeatmapDetector", given=COCO)
    with torch.no_grad():
        out = method.double()(images(1).double())
    expected = Reference({n: t.double() for n, t in HRNET.items()}).hrnet(images(1).double())
    assert expected.std() > 0.05
    torch.testing.assert_close(out, expected, rtol=1e-9, atol=1e-9)
    content = layout(HRNET)
    where = "state_dict." if "state_dict" in content else ""
    network = content.get("state_dict", content)
    assert sorted(lines(report, "renamed")) == sorted(where + name for name in network)
    assert lines(report, "ignored") == (["epoch"] if where else [])


def test_an_imported_pose_resnet_finds_the_heatmaps_of_the_published_one(imported, resnet):
    method, _, _ = imported(resnet, "HeatmapDetector")
    assert method.hparams["network"] == "pose_resnet_18"
    assert method.hparams["keypoint_skeleton"] == "lsp14"
    with torch.no_grad():
        out = method.double()(images(1).double())
    reference = Reference({n: t.double() for n, t in resnet.items()})
    expected = reference.pose_resnet(images(1).double(), 18)
    torch.testing.assert_close(out, expected, rtol=1e-9, atol=1e-9)


def test_the_report_and_the_configuration_say_what_it_was_imported_as(imported, tmp_path):
    given = {**COCO, "sigma": 3, "decoder": "dark", "flip_test": True}
    method, report, out = imported(HRNET, "HeatmapDetector", given=given)
    first, second = report.splitlines()[:2]
    assert re.fullmatch(r"theirs\.bin, SHA-256 [0-9a-f]{64}: HRNet", first)
    assert second.startswith("imported as HeatmapDetector, ")
    expected = {
        "network": "hrnet_w4",
        "keypoint_skeleton": "coco17",
        "skeleton": "coco17",
        "sigma": 3.0,
        "decoder": "dark",
        "alignment": "centres",
        "flip_test": True,
    }
    assert all(f"{name} {value}" in second for name, value in expected.items())
    config = yaml.safe_load(out.with_suffix(".yaml").read_text())
    assert config["model"] == {"class_path": "HeatmapDetector", "init_args": expected}
    assert type(config["model"]["init_args"]["sigma"]) is float
    again = methods.HeatmapDetector(**expected)
    assert dict(again.hparams) == dict(method.hparams)
    assert config["data"]["init_args"] == {
        "keypoint_skeleton": "coco17",
        "pose_skeleton": "coco17",
    }
    assert out.with_suffix(".report.txt").read_text() == report
    assert read_checkpoint(out)["published"]["family"] == "HRNet"
    assert "optimizer_states" not in read_checkpoint(out)
    files = ["ours.ckpt", "ours.report.txt", "ours.yaml", "theirs.bin"]
    assert sorted(path.name for path in tmp_path.iterdir()) == files


def test_published_heatmaps_are_read_at_the_pixels_they_were_learnt_at(imported):
    method, _, _ = imported(HRNET, "HeatmapDetector", given={**COCO, "decoder": "argmax"})
    heatmaps = torch.zeros(1, 17, 16, 12)
    heatmaps[:, :, 5, 7] = 1
    # The crop is the image itself. Cells count from 0, their index is a quarter of the pixel's.
    batch = {"affine": torch.eye(3)[None, :2]}
    keypoints, _ = method.decode_in_image(heatmaps, batch["affine"])
    torch.testing.assert_close(keypoints, torch.tensor([4 * 7 + 0.5, 4 * 5 + 0.5]).expand(1, 17, 2))


def test_poses_to_measure_with_may_be_in_another_joint_set(imported):
    method, _, out = imported(MPII, "HeatmapDetector", given={"skeleton": "h36m17"})
    assert method.hparams["skeleton"] == "h36m17"
    assert method.hparams["keypoint_skeleton"] == "mpii16"
    data = yaml.safe_load(out.with_suffix(".yaml").read_text())["data"]["init_args"]
    assert data == {"keypoint_skeleton": "mpii16", "pose_skeleton": "h36m17"}


def test_blue_comes_first_if_told_so(imported, resnet):
    method, report, _ = imported(resnet, "HeatmapDetector", given={"bgr": True})
    assert method.net.bgr
    assert "bgr True" in report.splitlines()[1]


@pytest.mark.parametrize(
    ("content", "family", "given", "message"),
    [
        (
            HRNET,
            None,
            {},
            r"final_layer\.weight \(17, 4, 1, 1\) is of 17 joints: give --keypoint_skeleton h36m17 or "
            "openpose17 or coco17 or mpi3dhp17",
        ),
        (
            made_detector(hrnet_keys(4, 13)),
            None,
            {},
            "is of 13 joints: no joint set has so many",
        ),
        (
            MPII,
            None,
            COCO,
            "is of 16 joints, not the 17 of coco17: give --keypoint_skeleton h36m16",
        ),
        (HRNET, None, {**COCO, "skeleton": "robot"}, "There is no skeleton 'robot'"),
        (HRNET, None, {**COCO, "bgr": True}, "is of a HRNet, which expects RGB: leave bgr out"),
        (HRNET, None, {**COCO, "bgr": "yes"}, "--options.bgr is 'yes': give true or false"),
        (HRNET, None, {**COCO, "sigma": 0}, "--options.sigma is 0: give a number above zero"),
        (HRNET, None, {**COCO, "sigma": True}, "--options.sigma is True: give a number above zero"),
        (
            HRNET,
            None,
            {**COCO, "sigma": float("inf")},
            "--options.sigma is inf: give a number above zero",
        ),
        (HRNET, None, {**COCO, "decoder": "best"}, "is 'best': give one of argmax, quarter, dark"),
        (
            HRNET,
            None,
            {**COCO, "alignment": 1},
            "--options.alignment is 1: give one of edges, cent",
        ),
        (
            HRNET,
            None,
            {**COCO, "network": "hrnet_w32"},
            "network is hrnet_w4 by the shapes of the file, not hrnet_w32",
        ),
        (
            HRNET,
            None,
            {**COCO, "quantised": True},
            "options.quantised is no option of these weights; there are: bgr, sigma",
        ),
        (
            made_detector(hrnet_imagenet_keys(4)),
            None,
            COCO,
            "is an ImageNet classifier without a keypoint head; start .* with --model.weights",
        ),
        (
            made_detector(resnet_imagenet_keys(18)),
            "PoseResNet",
            {},
            "is an ImageNet classifier without a keypoint head; start .* with --model.weights",
        ),
        (HRNET, "PoseResNet", COCO, r"lacks the tensor layer4\.0\.conv1\.weight; name the family"),
        (MADE["IGANet"].file(), "HRNet", COCO, r"lacks the tensor transition1\.1\.0\.0\.weight;"),
        (HRNET, "IGANet", {}, r"lacks the tensor IGANet\.norm\.weight; name the family"),
        (
            made_detector(pose_resnet_keys(18, 14, 8)),
            None,
            {},
            "is of a PoseResNet of width 8, a pose_resnet_18 has 256; name another file",
        ),
        (
            HRNET | {"extra.weight": torch.ones(1)},
            None,
            COCO,
            r"holds extra\.weight, which a HRNet has not; get the file again",
        ),
        (
            {n: t for n, t in HRNET.items() if n != "layer1.2.bn3.running_mean"},
            None,
            COCO,
            r"lacks layer1\.2\.bn3\.running_mean of a HRNet",
        ),
        (
            # Were the width believed, its square would not fit into any memory.
            HRNET | {"stage2.0.branches.0.0.conv1.weight": torch.ones(10**5, 1, 1, 1)},
            None,
            COCO,
            r"is \(4, 256, 3, 3\), but .* \(100000, 256, 3, 3\)",
        ),
        (
            HRNET | {"bn1.bias": torch.full((64,), torch.inf)},
            None,
            COCO,
            r"bn1\.bias holds values that are not finite",
        ),
    ],
)
def test_what_does_not_fit_is_named_and_leaves_nothing(
    imported, tmp_path, content, family, given, message
):
    with pytest.raises(InputError, match=message) as caught:
        imported(content, "HeatmapDetector", family, given)
    assert str(caught.value).startswith(f"{tmp_path / 'theirs.bin'}: ")
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.bin"]


def test_a_detector_has_no_statistics(imported, tmp_path):
    with pytest.raises(InputError, match="a HeatmapDetector has none; leave them out"):
        imported(HRNET, "HeatmapDetector", given=COCO, statistics={"mean_2d": [0.0]})


def exported(path, tmp_path):
    report = export_weights(path, tmp_path / "again.pth")
    assert (tmp_path / "again.pth.report.txt").read_text() == report
    return torch.load(tmp_path / "again.pth", weights_only=True), report


def test_exported_again_it_is_bit_by_bit_the_file_that_came_in(imported, tmp_path):
    _, _, out = imported(mmpose(HRNET), "HeatmapDetector", given=COCO)
    again, report = exported(out, tmp_path)
    assert again.keys() == HRNET.keys()
    assert all(torch.equal(again[name], tensor) for name, tensor in HRNET.items())
    first, second = report.splitlines()[:2]
    assert re.fullmatch(r"ours\.ckpt, SHA-256 [0-9a-f]{64}: HeatmapDetector", first)
    assert second == "exported as HRNet, joints 17, width 4, again.pth"
    assert len(lines(report, "renamed")) == len(HRNET)


def test_a_detector_is_exported_without_lifters_that_learnt_along(tmp_path):
    lifter = tmp_path / "lifter.ckpt"
    save(methods.SimpleBaseline(width=8), lifter)
    method = methods.GuidedDetector(network="hrnet_w4", lifters={"sb": str(lifter)}, lifter_lr=1e-5)
    save(method, tmp_path / "ours.ckpt")
    lifter.unlink()
    again, report = exported(tmp_path / "ours.ckpt", tmp_path)
    assert torch.equal(again["conv1.weight"], method.net.stem[0][0].weight)
    assert again.keys() == hrnet_keys(4, len(skeleton("h36m17"))).keys()
    others = [name for name in method.state_dict() if not name.startswith("net.")]
    assert any(name.startswith("learning.sb.") for name in others)
    assert lines(report, "ignored") == others
    # Trained here, its heat-maps begin and end with their crop.
    assert "1.5 pixels of the crop too far to the left and above" in report.splitlines()[1]


def test_a_checkpoint_whose_network_is_another_is_not_exported(tmp_path):
    method = methods.HeatmapDetector(network="hrnet_w4")
    method.hparams["network"] = "hrnet_w6"
    path = save(method, tmp_path / "ours.ckpt")
    with pytest.raises(InputError, match=r"ours\.ckpt: its network is of another shape"):
        export_weights(path, tmp_path / "theirs.pth")
    assert [path.name for path in tmp_path.iterdir()] == ["ours.ckpt"]
