"""Made-up clips, a camera, and a store of them."""

import numpy as np
import torch

from datamodules.store.clips import ClipKey, ClipWriter, StoreInfo
from lifting.cameras import Camera
from lifting.skeletons import skeleton

H36M, COCO = skeleton("h36m17"), skeleton("coco17")
INFO = StoreInfo(
    "h36m17",
    {"gt": "h36m17", "cpn": "coco17"},
    "a made-up recording",
    "none",
    {"raw.npz": "ab" * 32},
)
KEY = ClipKey("S1", "Walking 1", "Walking", "front", 50.0, 8)


def camera(seed=0):
    draw = torch.Generator().manual_seed(seed)

    def random(*shape):
        return torch.rand(*shape, generator=draw, dtype=torch.float64)

    return Camera(
        focal=1000 + random(2),
        principal=500 + random(2),
        radial=random(3),
        tangential=random(2),
        tangential_gain=torch.tensor(2.0, dtype=torch.float64),
        size=torch.tensor([1000.0, 802.0], dtype=torch.float64),
        rotation=torch.linalg.qr(random(3, 3)).Q,
        position=1000 * random(3),
    )


def poses(frames=8, seed=0):
    """Human-sized: every bone 250 mm long."""
    rng = np.random.default_rng(seed)
    pose = np.zeros((frames, 17, 3), np.float32)
    for parent, child in H36M.bones:
        step = rng.normal(size=(frames, 3))
        pose[:, child] = pose[:, parent] + 250 * step / np.linalg.norm(step, axis=1, keepdims=True)
    return pose + np.array([0, 0, 4000], np.float32)


def keypoints(frames=8, seed=1):
    return np.random.default_rng(seed).random((frames, 17, 3), np.float32)


def write(path, keys=(KEY,), info=INFO):
    with ClipWriter(path, info) as store:
        for subject, name in {(key.subject, key.camera) for key in keys}:
            store.add_camera(subject, name, camera())
        for key in keys:
            store.add(key, {"gt": keypoints(key.frames)}, poses(key.frames))
    return path


def broken(array, *index, value=np.nan):
    array[index] = value
    return array
