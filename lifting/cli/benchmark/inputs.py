"""Cameras and checkpoints of random weights, for the benchmarks."""

from pathlib import Path

import torch

from datamodules.h36m.cameras import h36m_camera
from lifting.cameras import Camera
from lifting.checkpoints import checkpoint_bytes
from lifting.files import write_together
from lifting.methods.bases.method import Method


def cameras(count: int) -> Camera:
    """Return as many times a camera of Human3.6M."""
    return Camera.stack([h36m_camera("S1", "54138969").to(torch.float32)] * count)


def save(method: Method, path: Path) -> str:
    """Write a method as a checkpoint of its training, and return where it lies."""
    content = {
        "state_dict": method.state_dict(),
        "hyper_parameters": dict(method.hparams),
        "lifting": method._identity(),
    }
    write_together({path: checkpoint_bytes(content)})
    return str(path)
