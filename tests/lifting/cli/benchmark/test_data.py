"""The reference that the path of the data is compared with."""

import torch

from datamodules.examples.bank import PoseBank
from lifting.cli.benchmark import data
from lifting.windows import Windows


def test_per_sample_reference_of_the_benchmark_yields_the_same_examples():
    clips = data._clips(count=2, frames=12)
    reference = data.PerSample(clips, 9)
    bank = PoseBank(clips, Windows(9), data.JOINTS, data.JOINTS, ["Walking"], ["S1"])
    batch = bank.batch(bank.rows)
    assert len(reference) == len(bank) == 24
    for i in range(24):
        sample = reference[i]
        for name in ("keypoints", "confidence", "pose"):
            assert torch.equal(torch.as_tensor(sample[name]), batch[name][i]), name
