"""Effects of guidance by lifters on the keypoints of a detector."""

import pytest
import torch
from torch import nn

from lifting.methods import GuidedDetector
from lifting.methods.bases.dynamic_weight_average import DynamicWeightAverage
from tests.made_images import image_batch
from tests.made_lifters import write_lifters

NAMES = ["sb", "iga"]
ONLY_FIRST = torch.tensor([1.0, 0.0])
SILENT = {"heatmap": 0.0, "hard": 0.0, "xy": 0.0, "z": 0.0, "agreement": 0.0, "mean_pose": 0.0}


class Given(nn.Module):
    """A network that is its heat-maps."""

    def __init__(self, heatmaps):
        super().__init__()
        self.heatmaps = nn.Parameter(heatmaps)

    def forward(self, images):
        return self.heatmaps


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    torch.manual_seed(0)
    paths = write_lifters(tmp_path_factory.mktemp("lifters"))
    chosen = {name: paths[name] for name in NAMES}
    method = GuidedDetector(network="hrnet_w4", lifters=chosen, **SILENT).eval()
    method.load_lifters()
    return method


@pytest.fixture
def scene(detector):
    """A detector that is off by some cells, and people with the poses that a lifter sees in them."""

    def scene(**weights):
        detector.hparams.update(SILENT | weights)
        detector.balance = DynamicWeightAverage(len(NAMES))
        batch = image_batch(4)
        batch["visibility"][:] = 2
        with torch.no_grad():
            pose = detector.lift(batch["keypoints"], batch, ["sb"])["sb"]
            batch["pose"] = pose[:, None] + torch.tensor([100.0, -50.0, 4000.0])
            off = {**batch, "keypoints": batch["keypoints"] + 12 * torch.randn(4, 17, 2)}
            detector.net = Given(detector.targets(off)[0])
        return detector, batch

    return scene


def pull(method, batch, kept, rate, steps):
    optimizer = torch.optim.Adam(method.net.parameters(), rate)
    for _ in range(steps):
        optimizer.zero_grad()
        method.objective(batch, kept)["loss"].backward()
        optimizer.step()


def lifted(method, batch):
    with torch.no_grad():
        poses = method.lift(method.detect(batch)[0], batch, NAMES)
        return {name: pose / 1000 for name, pose in poses.items()}


def off_truth(method, batch, axes=slice(None)):
    truth = batch["pose"][:, 0] - batch["pose"][:, 0, :1]
    return ((lifted(method, batch)["sb"] - truth / 1000)[..., axes]).square().mean().item()


def apart(method, batch):
    one, other = lifted(method, batch).values()
    return (one - other).square().mean().item()


def mean_off_truth(method, batch):
    truth = batch["pose"][:, 0] - batch["pose"][:, 0, :1]
    mean = torch.stack(list(lifted(method, batch).values())).mean(0)
    return (mean - truth / 1000).square().mean().item()


def distance(method, batch):
    """Mean distance of detected keypoints from labelled ones, pixels of the image."""
    with torch.no_grad():
        return (method.detect(batch)[0] - batch["keypoints"]).norm(dim=-1).mean().item()


MEASURES = {
    "xy": lambda *seen: off_truth(*seen, slice(0, 2)),
    "z": lambda *seen: off_truth(*seen, slice(2, 3)),
    "agreement": apart,
    "mean_pose": mean_off_truth,
    "heatmap": distance,
    "hard": distance,
}


@pytest.mark.parametrize("term", MEASURES)
def test_each_term_pulls_keypoints_to_where_it_is_less(scene, term):
    method, batch = scene(**{term: 1.0})
    before = MEASURES[term](method, batch)
    # The lifter whose poses are the truth guides alone.
    pull(method, batch, ONLY_FIRST if term in ("xy", "z") else None, 3e-2, 6)
    assert MEASURES[term](method, batch) < 0.97 * before


def test_guidance_through_a_lifter_alone_brings_keypoints_to_the_true_ones(scene):
    method, batch = scene(xy=1.0, z=1.0)
    before = distance(method, batch)
    pull(method, batch, ONLY_FIRST, 2e-2, 15)
    assert distance(method, batch) < 0.97 * before


def test_lifters_count_by_their_weights_and_one_that_is_left_out_does_not(scene):
    method, batch = scene(xy=1.0)
    poses, truth = lifted(method, batch), batch["pose"][:, 0] - batch["pose"][:, 0, :1]
    errors = [(pose - truth / 1000)[..., :2].square().mean() for pose in poses.values()]
    for losses in ([4.0, 1.0], [1.0, 2.0]):
        method.balance.add(torch.tensor(losses))
        method.balance.end()
    # Losses over those before, halved by the temperature: the slowest counts most.
    shares = torch.tensor([0.25 / 2, 2.0 / 2]).exp()
    shares = shares / shares.sum()
    wanted = shares[0] * errors[0] + shares[1] * errors[1]
    torch.testing.assert_close(method.objective(batch, kept=None)["loss"], wanted)
    torch.testing.assert_close(method.objective(batch, ONLY_FIRST)["loss"], shares[0] * errors[0])
