"""Numbers of a device without float64: the same as those of a CPU, where float64 is needed."""

import pytest
import torch

from datamodules.examples.keypoint_noise import KeypointNoise
from datamodules.relative_depth.labels import DepthLabels
from lifting.geometry import in_float64
from lifting.metrics import Evaluation, KeypointEvaluation
from lifting.nets.standardise import Standardise
from tests.lifting.made_metrics import recording
from tests.lifting.metrics.made_keypoints import people
from tests.made_device import DEVICE, device_without_float64

CPU = torch.device("cpu")
PARTS = torch.arange(16).tensor_split([3, 3, 11])


def test_the_stand_in_refuses_what_such_a_device_refuses():
    with device_without_float64() as device:
        there = torch.ones(3, device=device)
        assert there.device == DEVICE
        assert (there + 1).cpu().tolist() == [2, 2, 2]
        with pytest.raises(TypeError, match="no float64"):
            there.double()
        with pytest.raises(TypeError, match="no float64"):
            torch.ones(3).double().to(device)
        with pytest.raises(RuntimeError, match="two devices"):
            there + torch.ones(3)
        assert in_float64(there).device == CPU
    assert in_float64(torch.ones(3, dtype=torch.float32)).dtype == torch.float64


def poses_on(device):
    pred, target, clip, frame, action = recording()
    given = pred.float(), target.float(), action, clip, frame
    evaluation = Evaluation(["Eating", "Sitting", "Walking"]).to(device)
    for part in PARTS:
        evaluation.update(*(x[part].to(device) for x in given))
    return evaluation.compute()


def keypoints_on(device):
    pred, confidence, target, visibility, box = people(count=16)
    given = pred.float(), confidence.float(), target.float(), visibility, box.float()
    evaluation = KeypointEvaluation(["a", "b"], "coco17").to(device)
    for part in PARTS:
        evaluation.update(*(x[part].to(device) for x in (*given, torch.arange(16) % 2)))
    return evaluation.compute()


@pytest.mark.parametrize("result_on", [poses_on, keypoints_on])
def test_metrics_are_those_of_a_cpu(result_on):
    with device_without_float64() as device:
        there = result_on(device)
    here = result_on(CPU)
    # As text, for NaN is no number that equals itself.
    assert str(there) == str(here)


def noise(device, kind="normal"):
    clip, frame = torch.arange(4, device=device)[:, None], torch.arange(3, device=device)
    return KeypointNoise(kind=kind, amount=3.0).displacements(clip, frame, 17, epoch=1)


def labels(device):
    depth = torch.linspace(-300, 300, 4 * 17).view(4, 17).sin() * 300
    number = torch.arange(4, device=device)
    drawn = DepthLabels(pairs=20, per_step=5, noise="crowd").of(depth.to(device), number, number, 1)
    return torch.cat([drawn.pairs.flatten(), drawn.farther.long().flatten()])


def statistics(device):
    module = Standardise(5, 3).to(device)
    module.fit((torch.arange(300.0).view(20, 5, 3).cos() * 7 + 100).to(device))
    return torch.stack([module.mean, module.deviation])


@pytest.mark.parametrize("made_on", [noise, labels, statistics])
def test_what_is_drawn_and_measured_is_that_of_a_cpu(made_on):
    with device_without_float64() as device:
        there = made_on(device)
        assert there.device == DEVICE
        there = there.cpu()
    assert torch.equal(there, made_on(CPU))
