"""Lifters of a few neurons, with random weights."""

import torch

from lifting.methods import (
    IGANet,
    LInKs,
    LSTMLifter,
    MixSTE,
    OcclusionCompletion,
    PoseFlows,
    PoseFormerV2,
    SemiSupervisedVideoPose3D,
    SimpleBaseline,
    TemporalGAN,
    VideoPose3D,
)
from tests.made_lifters import with_statistics

# A window of nine frames, where there is one.
METHODS = {
    "simple_baseline": lambda **o: SimpleBaseline(width=16, **o),
    "video_pose_3d": lambda **o: VideoPose3D(taps=[3, 3], channels=16, **o),
    "causal": lambda **o: VideoPose3D(taps=[3, 3], channels=16, causal=True, **o),
    "lstm": lambda **o: LSTMLifter(frames=9, width=16, **o),
    "windowed_lstm": lambda **o: LSTMLifter(frames=9, width=16, windowed=True, **o),
    "mixste": lambda **o: MixSTE(frames=9, width=16, depth=1, **o),
    "poseformer_v2": lambda **o: PoseFormerV2(
        frames=9, kept=3, coefficients=3, width=16, depth=1, **o
    ),
    "iganet": lambda **o: IGANet(width=16, depth=1, **o),
    "links": lambda **o: LInKs("leg_torso", width=16, **o),
    "occlusion": lambda **o: OcclusionCompletion(width=16, lifter_width=16, **o),
    "semi_supervised": lambda **o: SemiSupervisedVideoPose3D(taps=[3, 3], channels=16, **o),
    "temporal_gan": lambda **o: TemporalGAN(taps=[3, 3], channels=16, critic_width=8, **o),
}


def make(name, **options):
    """Return a lifter whose weights and statistics are random, but the same every time."""
    torch.manual_seed(0)
    method = METHODS[name](**options)
    return with_statistics(method).eval()


def flow():
    """Return a method that is trained on poses but lifts none."""
    return PoseFlows(hidden=8, blocks=1)
