"""Small lifters with random weights, as checkpoints."""

from pathlib import Path

import torch

from lifting.methods import IGANet, Method, MixSTE, SimpleBaseline, VideoPose3D
from lifting.skeletons import skeleton


def save(method: Method, path: Path) -> str:
    """Write a checkpoint of a method, and return its path."""
    checkpoint = {"state_dict": method.state_dict(), "hyper_parameters": dict(method.hparams)}
    method.on_save_checkpoint(checkpoint)
    torch.save(checkpoint, path)
    return str(path)


def simple_baseline(joints: str = "h36m17") -> SimpleBaseline:
    """Return a lifter of pixels."""
    method = SimpleBaseline(width=16, skeleton=joints, keypoint_skeleton=joints)
    count = len(skeleton(joints))
    method.fit_statistics(500 + 100 * torch.randn(64, count, 2), 300 * torch.randn(64, count, 3))
    return method


def write_lifters(folder: Path) -> dict[str, str]:
    """Write four lifters of single frames, and return their paths by name."""
    lifters = {
        "sb": simple_baseline(),
        "vp": VideoPose3D(taps=[1], channels=16),
        "iga": IGANet(width=16, depth=1, heads=2),
        "mix": MixSTE(frames=1, width=16, depth=1, heads=2),
    }
    return {name: save(method, folder / f"{name}.ckpt") for name, method in lifters.items()}
