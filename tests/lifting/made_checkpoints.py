"""Lifters of a few neurons, with random weights, and checkpoints of them."""

import torch

from lifting.geometry import centre
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
from lifting.skeletons import skeleton

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
    points, joints = (skeleton(method.hparams[k]) for k in ("keypoint_skeleton", "skeleton"))
    keypoints = 500 + 150 * torch.randn(32, len(points), 2)
    poses = centre(300 * torch.randn(32, len(joints), 3), joints.root)
    if name == "occlusion":
        method.head_scale.fit(keypoints)
    else:
        method.fit_statistics(keypoints, poses)
    return method.eval()


def write_checkpoint(path, method):
    """Write what a training would have left of a method, apart from its optimiser."""
    torch.save(
        {
            "state_dict": method.state_dict(),
            "hyper_parameters": dict(method.hparams),
            "lifting": method._identity(),
        },
        path,
    )
    return path


def flow():
    """Return a method that is trained on poses but lifts none."""
    return PoseFlows(hidden=8, blocks=1)
