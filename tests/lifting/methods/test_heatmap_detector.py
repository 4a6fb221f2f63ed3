from itertools import pairwise

import pytest
import torch
from torch import nn

from lifting.checkpoints import file_digest
from lifting.errors import InputError
from lifting.imaging.crops import apply_affine
from lifting.methods import HeatmapDetector
from lifting.nets.detectors import build_detector
from lifting.published import export_detector
from lifting.skeletons import skeleton
from tests.made_images import image_batch
from tests.made_lifters import save

pytestmark = pytest.mark.slow(reason="trains detectors", shapes=True)


class Known(nn.Module):
    """Gives heat-maps that are known, whatever it sees."""

    def __init__(self, heatmaps):
        super().__init__()
        self.heatmaps = heatmaps

    def forward(self, images):
        return self.heatmaps


@pytest.fixture
def method():
    return HeatmapDetector(network="hrnet_w4")


def test_right_heatmaps_are_the_keypoints_again_turned_and_mirrored_or_not(method):
    batch = image_batch(6)
    heatmaps, _ = method.targets(batch)
    assert heatmaps.shape == (6, 17, 24, 16)
    method.net = Known(heatmaps)
    keypoints, confidence = method.detect(batch)
    labelled = batch["visibility"] > 0
    scale = torch.linalg.det(batch["affine"][..., :2]).abs().sqrt()
    error = (keypoints - batch["keypoints"]).norm(dim=-1) * scale[:, None]
    # A twentieth of a heat-map's pixel, four of which are in a crop's.
    assert error[labelled].max() < 0.2
    assert (confidence > 0.5).eq(labelled).all()
    assert method.loss(batch) == 0


def test_targets_stand_where_the_joint_looks_to_be(method):
    batch = image_batch(2)
    batch["visibility"][:] = 2
    names = skeleton("h36m17").joints
    left, right = names.index("left_wrist"), names.index("right_wrist")
    heatmaps, _ = method.targets(batch)
    inside = apply_affine(batch["affine"], batch["keypoints"]) / 4
    for example, channel in ((0, left), (1, right)):
        row, column = divmod(int(heatmaps[example, channel].argmax()), 16)
        # In the second crop, which is mirrored, the left wrist looks like a right one.
        assert (inside[example, left] - torch.tensor([column + 0.5, row + 0.5])).abs().max() <= 0.5


def test_the_loss_is_that_of_a_loop_over_joints_that_are_labelled(method):
    batch = image_batch(3)
    heatmaps = torch.randn(3, 17, 24, 16)
    method.net = Known(heatmaps)
    targets, weights = method.targets(batch)
    errors = [
        0.5 * ((heatmaps[b, j] - targets[b, j]) ** 2).mean() if weights[b, j] else torch.zeros(())
        for b in range(3)
        for j in range(17)
    ]
    torch.testing.assert_close(method.loss(batch), torch.stack(errors).mean())
    hard = HeatmapDetector(network="hrnet_w4", hard_joints=3)
    hard.net = Known(heatmaps)
    worst = [sorted(errors[i:k], reverse=True)[:3] for i, k in pairwise(range(0, 52, 17))]
    torch.testing.assert_close(hard.loss(batch), torch.tensor(worst).mean())


@pytest.mark.parametrize("hard_joints", [0, 3])
def test_the_loss_pulls_keypoints_that_are_labelled_to_their_places(hard_joints):
    method, batch = HeatmapDetector(network="hrnet_w4", hard_joints=hard_joints), image_batch(4)
    labelled = batch["visibility"] > 0
    off = {**batch, "keypoints": batch["keypoints"] + 15 * torch.randn(4, 17, 2)}
    heatmaps = method.targets(off)[0].requires_grad_()
    method.net = Known(heatmaps)
    optimizer = torch.optim.Adam([heatmaps], 0.1)

    def distance():
        with torch.no_grad():
            return (method.detect(batch)[0] - batch["keypoints"])[labelled].norm(dim=-1).mean()

    before, begun = distance(), heatmaps.detach().clone()
    for _ in range(6):
        optimizer.zero_grad()
        method.loss(batch).backward()
        optimizer.step()
    assert distance() < (0.9 if hard_joints else 0.6) * before
    weights = method.targets(batch)[1]
    assert torch.equal(heatmaps[weights == 0], begun[weights == 0])


def test_averaging_the_mirrored_crop_is_symmetric():
    method = HeatmapDetector(network="hrnet_w4", flip_test=True, decoder="argmax").eval()
    batch = image_batch(2)
    mirrored = {**batch, "image": batch["image"].flip(-1), "affine": batch["affine"].clone()}
    # x becomes the width less x.
    mirrored["affine"][:, 0] *= -1
    mirrored["affine"][:, 0, 2] += 64
    with torch.no_grad():
        found, confidence = method.detect(batch)
        again, sure = method.detect(mirrored)
    torch.testing.assert_close(again, found, atol=1e-2, rtol=0)
    torch.testing.assert_close(sure, confidence)


def test_published_alignment_moves_what_is_read_by_a_pixel_and_a_half(method):
    centres = HeatmapDetector(network="hrnet_w4", alignment="centres")
    batch, heatmaps = image_batch(1), torch.rand(1, 17, 24, 16)
    one, _ = method.decode_in_image(heatmaps, batch["affine"])
    other, _ = centres.decode_in_image(heatmaps, batch["affine"])
    moved = apply_affine(batch["affine"], one) - apply_affine(batch["affine"], other)
    torch.testing.assert_close(moved, torch.full_like(moved, 1.5), atol=1e-3, rtol=0)


def test_training_starts_from_another_detector(method, tmp_path):
    path = save(method, tmp_path / "start.ckpt")
    other = HeatmapDetector(network="hrnet_w4", start_from=path)
    other.start()
    learnt = other.net.state_dict()
    for name, value in method.net.state_dict().items():
        assert torch.equal(learnt[name], value)
    assert other.frozen == {"start_from": file_digest(path)}
    with pytest.raises(InputError, match=r"start\.ckpt: its network is hrnet_w4, not hrnet_w6"):
        HeatmapDetector(network="hrnet_w6", start_from=path).start()


@pytest.mark.parametrize("network", ["hrnet_w4", "pose_resnet_18"])
def test_training_starts_from_a_detector_of_other_joints_but_for_those_it_lacks(network, tmp_path):
    there, here = (skeleton(name).joints for name in ("h36m17", "lsp14"))
    start = HeatmapDetector(network=network)
    path = save(start, tmp_path / "start.ckpt")
    other = HeatmapDetector(
        network=network, skeleton="lsp14", keypoint_skeleton="lsp14", start_from=path
    )
    new = {name: value.clone() for name, value in other.net.head.state_dict().items()}
    other.start()
    learnt, now = start.net.state_dict(), other.net.state_dict()
    assert learnt.keys() == now.keys()
    for name in now:
        if not name.startswith("head."):
            assert torch.equal(now[name], learnt[name]), name
            continue
        for row, joint in enumerate(here):
            before = new[name.removeprefix("head.")][row]
            same = learnt[name][there.index(joint)] if joint in there else before
            assert torch.equal(now[name][row], same), joint
    assert {joint for joint in here if joint not in there} == {"neck", "head_top"}


def test_training_starts_from_published_weights_but_for_a_layer_of_other_joints(tmp_path):
    published = build_detector("hrnet_w4", 17)
    path = tmp_path / "official.pth"
    export_detector(published, path)
    method = HeatmapDetector(network="hrnet_w4", weights=str(path), new_head=True)
    head = method.net.head.state_dict()["weight"].clone()
    method.start()
    torch.testing.assert_close(method.net.stem.state_dict(), published.stem.state_dict())
    assert torch.equal(method.net.head.state_dict()["weight"], head)
    HeatmapDetector(network="hrnet_w4", weights=str(path)).start()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"network": "vit"}, "no detector 'vit'"),
        ({"decoder": "median"}, "decoder is median: choose one of"),
        ({"sigma": 0.0}, "sigma is 0.0: give a standard deviation above 0"),
        ({"weights": "a.pth", "start_from": "b.ckpt"}, "both begin a training: give one"),
        ({"network": "hrnet_w32", "bgr": True}, "hrnet_w32 sees red first"),
        ({"hard_joints": -1}, "hard_joints is -1: give 0 or more"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        HeatmapDetector(**{"network": "hrnet_w4", **options})
