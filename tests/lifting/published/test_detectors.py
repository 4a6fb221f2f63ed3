"""Detectors' files made up with the official names, in and out."""

import re
from collections import OrderedDict

import pytest
import torch

from lifting.errors import InputError
from lifting.nets.hrnet import HRNet
from lifting.nets.pose_resnet import PoseResNet
from lifting.published import export_detector, initialise_detector, read_detector
from tests.lifting.nets.published_detectors import (
    Reference,
    hrnet_imagenet_keys,
    hrnet_keys,
    made_detector,
    pose_resnet_keys,
    resnet_imagenet_keys,
)
from tests.lifting.nets.test_hrnet import images

pytestmark = pytest.mark.slow(reason="builds detectors of published size", shapes=True)

HRNET, RESNET = hrnet_keys(4, 3), pose_resnet_keys(18, 3, 8)


def prefixed(state, head):
    heads = ("final_layer", "deconv_layers")
    return {(head if n.startswith(heads) else "backbone.") + n: t for n, t in state.items()}


LAYOUTS = {
    "official": lambda state: OrderedDict(state),
    "training": lambda state: {
        "epoch": 209,
        "state_dict": {f"module.{n}": t for n, t in state.items()},
    },
    "mmpose 0": lambda state: {"meta": {}, "state_dict": prefixed(state, "keypoint_head.")},
    "mmpose 1": lambda state: {"meta": {}, "state_dict": prefixed(state, "head.")},
}


@pytest.fixture
def file(tmp_path):
    def write(content):
        torch.save(content, tmp_path / "theirs.pth")
        return tmp_path / "theirs.pth"

    return write


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("keys", [HRNET, RESNET], ids=["HRNet", "PoseResNet"])
def test_a_file_becomes_the_network_it_is_of(file, layout, keys):
    state = made_detector(keys)
    content = LAYOUTS[layout](state)
    net, report = read_detector(file(content))
    assert not net.training
    with torch.no_grad():
        out = net.double()(images(1).double())
    reference = Reference({name: tensor.double() for name, tensor in state.items()})
    x = images(1).double()
    expected = reference.hrnet(x) if keys is HRNET else reference.pose_resnet(x, 18)
    torch.testing.assert_close(out, expected, rtol=1e-9, atol=1e-9)
    lines = [line.split()[1] for line in report.splitlines()[4:]]
    where = "" if layout == "official" else "state_dict."
    network = content if layout == "official" else content["state_dict"]
    assert sorted(n for n in lines if n != "epoch") == sorted(where + name for name in network)


@pytest.mark.parametrize("keys", [HRNET, RESNET], ids=["HRNet", "PoseResNet"])
def test_exported_again_it_is_bit_by_bit_the_file_that_came_in(file, tmp_path, keys):
    state = made_detector(keys)
    net, _ = read_detector(file(LAYOUTS["mmpose 1"](state)))
    report = export_detector(net.to(memory_format=torch.channels_last), tmp_path / "again.pth")
    again = torch.load(tmp_path / "again.pth", weights_only=True)
    assert again.keys() == state.keys()
    assert all(torch.equal(again[name], tensor) for name, tensor in state.items())
    assert (tmp_path / "again.pth.report.txt").read_text() == report
    assert f"{len(state)} renamed" in report
    with pytest.raises(InputError, match=r"again\.pth: is there already"):
        export_detector(net, tmp_path / "again.pth")


def test_what_the_report_says_of_it(file):
    _, report = read_detector(file(made_detector(HRNET)))
    first, second = report.splitlines()[:2]
    assert re.fullmatch(r"theirs\.pth, SHA-256 [0-9a-f]{64}: HRNet", first)
    assert second == "imported as HRNet, joints 3, width 4"
    assert re.search(r"^renamed +conv1\.weight -> stem\.0\.0\.weight \(64, 3, 3, 3\)", report, re.M)


def test_published_pose_resnets_see_blue_first_if_told_so(file):
    path = file(made_detector(RESNET))
    assert not read_detector(path)[0].bgr
    net, report = read_detector(path, bgr=True)
    assert net.bgr
    assert "imported as PoseResNet, joints 3, depth 18, width 8, bgr True" in report
    with pytest.raises(InputError, match="is of a HRNet, which expects RGB: leave bgr out"):
        read_detector(file(made_detector(HRNET)), bgr=True)


@pytest.mark.parametrize(
    ("content", "net", "kept"),
    [
        (hrnet_imagenet_keys(4), HRNet(3, 4), 2),
        (resnet_imagenet_keys(18), PoseResNet(3, 18, 8), 20),
        (hrnet_keys(4, 5), HRNet(3, 4), 2),
        (hrnet_keys(4, 3), HRNet(3, 4), 0),
        (pose_resnet_keys(18, 5, 8), PoseResNet(3, 18, 8), 2),
    ],
    ids=["ImageNet HRNet", "ImageNet ResNet", "other joints", "same joints", "PoseResNet"],
)
def test_a_detector_begins_with_the_layers_it_shares_with_a_file(file, content, net, kept):
    state = made_detector(content)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    report = initialise_detector(net, file(state))
    words = [line.split()[0] for line in report.splitlines()[4:]]
    assert words.count("kept") == kept
    assert words.count("ignored") == len(state) - (len(before) - kept)
    trunk = net.first if isinstance(net, HRNet) else net.scales[0]
    assert torch.equal(trunk[0].layers[0][0].weight, state["layer1.0.conv1.weight"])
    changed = {n for n, t in net.state_dict().items() if not torch.equal(t, before[n])}
    assert len(before) - len(changed) == kept
    assert net.training


def test_the_last_layer_may_be_left_out_where_as_many_joints_are_others(file):
    net = HRNet(3, 4)
    before = net.head.weight.detach().clone()
    state = made_detector(HRNET)
    report = initialise_detector(net, file(state), head=False)
    assert torch.equal(net.head.weight, before)
    assert re.search(r"^kept +head\.weight", report, re.M)
    assert re.search(r"^ignored +final_layer\.weight", report, re.M)
    initialise_detector(net, file(state))
    assert torch.equal(net.head.weight, state["final_layer.weight"])


def test_counters_that_old_files_lack_are_made(file):
    state = {n: t for n, t in made_detector(resnet_imagenet_keys(18)).items() if "num_b" not in n}
    net = PoseResNet(3, 18, 8)
    assert len(re.findall("^made", initialise_detector(net, file(state)), re.M)) == 20


def without(state, name):
    return {n: t for n, t in state.items() if n != name}


@pytest.mark.parametrize(
    ("content", "net", "message"),
    [
        (
            made_detector(hrnet_keys(6, 3)),
            HRNet(3, 4),
            r"is of a HRNet of width 6, the detector's is 4; choose the same for both",
        ),
        (
            made_detector(pose_resnet_keys(34, 3, 8)),
            PoseResNet(3, 18, 8),
            r"is of a PoseResNet of depth 34, the detector's is 18",
        ),
        (made_detector(HRNET), PoseResNet(3, 18, 8), "is of a HRNet, the detector is a PoseResNet"),
        (
            made_detector(HRNET) | {"extra.weight": torch.ones(1)},
            HRNet(3, 4),
            r"holds extra\.weight, which a HRNet has not; get the file again",
        ),
        (
            without(made_detector(HRNET), "stage3.2.branches.1.3.bn2.running_var"),
            HRNet(3, 4),
            r"lacks stage3\.2\.branches\.1\.3\.bn2\.running_var of a HRNet; get the file again",
        ),
        (
            made_detector(HRNET) | {"bn1.weight": torch.ones(63)},
            HRNet(3, 4),
            r"tensor bn1\.weight is \(63,\), but a HRNet .* has \(64,\) there; get the file again",
        ),
        (
            without(made_detector(resnet_imagenet_keys(18)), "layer3.1.conv1.weight")
            | {"layer3.2.conv1.weight": torch.ones(1)},
            PoseResNet(3, 18, 8),
            "has 2, 2, 3, 2 blocks, as none of the ResNets of 18, 34, 50, 101, 152 layers has",
        ),
        (
            {"fc.weight": torch.ones(2, 2)},
            HRNet(3, 4),
            r"holds fc\.weight and other tensors of no detector that is known here; known are HRNet",
        ),
        (
            prefixed(made_detector(HRNET), "head.") | {"bn1.weight": torch.ones(64)},
            HRNet(3, 4),
            r"has some tensors twice, with and without backbone\.",
        ),
    ],
)
def test_what_does_not_fit_is_named_and_changes_nothing(file, content, net, message):
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    path = file(content)
    with pytest.raises(InputError, match=message) as caught:
        initialise_detector(net, path)
    assert str(caught.value).startswith(f"{path}: ")
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_a_classifier_or_a_strange_tensor_is_no_detector(file):
    with pytest.raises(
        InputError, match=r"theirs\.pth: is an ImageNet classifier without a keypoint head"
    ):
        read_detector(file(made_detector(resnet_imagenet_keys(18))))
    with pytest.raises(InputError, match=r"theirs\.pth: holds extra, which a PoseResNet has not"):
        read_detector(file(made_detector(RESNET) | {"extra": torch.ones(1)}))
    # Were the width believed, its square would not fit into any memory.
    state = made_detector(HRNET)
    name = "stage2.0.branches.0.0.conv1.weight"
    with pytest.raises(InputError, match=r"is \(4, 256, 3, 3\), but .* \(1000000, 256, 3, 3\)"):
        read_detector(file(state | {name: torch.ones(10**6, 1, 1, 1)}))
