"""Small lifters with random weights, as checkpoints."""

from pathlib import Path

import torch

from lifting.geometry import centre
from lifting.methods import (
    IGANet,
    Lifter,
    Method,
    MixSTE,
    OcclusionCompletion,
    SimpleBaseline,
    VideoPose3D,
)
from lifting.skeletons import skeleton


def save(method: Method, path: Path) -> str:
    """Write a checkpoint of a method, and return its path."""
    # Not what a method itself adds there, which is for going on with its training.
    checkpoint = {"state_dict": method.state_dict(), "hyper_parameters": dict(method.hparams)}
    Method.on_save_checkpoint(method, checkpoint)
    if isinstance(method, Lifter):
        seen = method.input_range
        checkpoint["image_side"] = method.image_side
        checkpoint["input_range"] = None if seen is None else seen.to_dict()
    torch.save(checkpoint, path)
    return str(path)


def with_statistics(method: Lifter) -> Lifter:
    """Let a lifter take the statistics of made-up people, and return it."""
    points, joints = (skeleton(method.hparams[k]) for k in ("keypoint_skeleton", "skeleton"))
    keypoints = 500 + 150 * torch.randn(64, len(points), 2)
    if isinstance(method, OcclusionCompletion):
        method.head_scale.fit(keypoints)
    else:
        pose = centre(300 * torch.randn(64, len(joints), 3), joints.root)
        method.fit_statistics(keypoints, pose)
    return method


def simple_baseline(joints: str = "h36m17") -> Lifter:
    """Return a lifter of pixels."""
    return with_statistics(SimpleBaseline(width=16, skeleton=joints, keypoint_skeleton=joints))


def write_lifters(folder: Path) -> dict[str, str]:
    """Write four lifters of single frames, and return their paths by name."""
    lifters = {
        "sb": simple_baseline(),
        "vp": VideoPose3D(taps=[1], channels=16),
        "iga": IGANet(width=16, depth=1, heads=2),
        "mix": MixSTE(frames=1, width=16, depth=1, heads=2),
    }
    return {name: save(method, folder / f"{name}.ckpt") for name, method in lifters.items()}
