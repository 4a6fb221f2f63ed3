"""Benchmark of the path of the data, of alignment and of a training step."""

from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from datamodules.examples.bank import LoadedClip, PoseBank
from datamodules.examples.loader import ShuffledLoader
from datamodules.h36m.cameras import h36m_camera
from datamodules.store.clips import ClipKey
from lifting.cli.benchmark.timing import (
    Figure,
    compared_rates,
    fraction_of_products,
    seconds,
    step_of,
)
from lifting.methods import SimpleBaseline
from lifting.metrics.functional import pa_mpjpe
from lifting.skeletons import skeleton
from lifting.windows import Windows

JOINTS = skeleton("h36m17")
BATCH = 1024


class PerSample(Dataset[dict[str, Any]]):
    """What a lifting repository's Dataset usually is: one padded window per call."""

    def __init__(self, clips: list[LoadedClip], field: int) -> None:
        self.clips = [(c.keypoints.numpy(), c.pose.numpy()) for c in clips if c.pose is not None]
        self.index = [(i, t) for i, (k, _) in enumerate(self.clips) for t in range(len(k))]
        self.half = field // 2

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, item: int) -> dict[str, Any]:
        clip, frame = self.index[item]
        keypoints, pose = self.clips[clip]
        start, end = frame - self.half, frame + self.half + 1
        window = keypoints[max(start, 0) : end]
        if len(window) < 2 * self.half + 1:
            edges = (max(-start, 0), max(end - len(keypoints), 0))
            window = np.pad(window, (edges, (0, 0), (0, 0)), "edge")
        return {
            "keypoints": window[..., :2],
            "confidence": window[..., 2],
            "pose": pose[frame : frame + 1],
            "clip": clip,
            "frame": frame,
        }


def _clips(count: int = 200, frames: int = 1000) -> list[LoadedClip]:
    camera = h36m_camera("S1", "54138969")
    return [
        LoadedClip(
            ClipKey("S1", f"{i}", "Walking", "54138969", 50.0, frames),
            camera,
            torch.rand(frames, 17, 3) * 1000,
            torch.rand(frames, 17, 3) * 1000,
            torch.ones(frames, dtype=torch.bool),
            torch.arange(frames),
        )
        for i in range(count)
    ]


def data_path(field: int) -> Figure:
    """Batches of windows: resident tensors and index batches against a per-sample Dataset."""
    clips, windows = _clips(), Windows(field)
    bank = PoseBank(clips, windows, JOINTS, JOINTS, ["Walking"], ["S1"])

    def resident(batches: int = 60) -> None:
        for _, index in zip(range(batches), ShuffledLoader(bank, BATCH, 0, 0.0), strict=False):
            bank.batch(index.rows)

    loader = DataLoader(PerSample(clips, field), BATCH, shuffle=True)

    def per_sample(batches: int = 6) -> None:
        for _ in zip(range(batches), loader, strict=False):
            pass

    fast, slow = seconds(resident, per_sample, rounds=3)
    title = f"data path, {field} frame{'s' * (field > 1)}, against a per-sample Dataset"
    return compared_rates(title, "examples", 60 * BATCH / fast, 6 * BATCH / slow)


def alignment() -> Figure:
    """PA-MPJPE of a batch against SciPy's Procrustes routines pose by pose."""
    from scipy.linalg import orthogonal_procrustes

    pred, target = torch.rand(20_000, 17, 3).double(), torch.rand(20_000, 17, 3).double()

    def one(p: np.ndarray, g: np.ndarray) -> float:
        a, b = p - p.mean(0), g - g.mean(0)
        rotation, scale = orthogonal_procrustes(a, b)
        if np.linalg.det(rotation) < 0:
            u, s, vt = np.linalg.svd(a.T @ b)
            u[:, -1] *= -1
            rotation, scale = u @ vt, s[0] + s[1] - s[2]
        return float(np.linalg.norm(scale / (a**2).sum() * a @ rotation - b, axis=-1).mean())

    def loop(count: int = 1000) -> list[float]:
        pairs = zip(pred[:count].numpy(), target[:count].numpy(), strict=True)
        return [one(p, g) for p, g in pairs]

    difference = np.abs(np.array(loop()) - pa_mpjpe(pred[:1000], target[:1000]).numpy()).max()
    assert difference < 1e-9, difference
    fast, slow = seconds(lambda: pa_mpjpe(pred, target), loop)
    title = "PA-MPJPE, float64, against a per-sample SciPy loop"
    return compared_rates(title, "poses", 20_000 / fast, 1000 / slow)


def training_step() -> Figure:
    """SimpleBaseline's step at batch 1024 as a fraction of the rate of its matrix products alone."""
    model = SimpleBaseline().train()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, fused=True)
    batch: Any = {"keypoints": torch.rand(BATCH, 1, 17, 2), "pose": torch.rand(BATCH, 1, 17, 3)}
    weights = sum(p.numel() for p in model.net.parameters() if p.ndim == 2)
    # Forward, gradient of the input and gradient of the weights: two operations each.
    operations = 6 * BATCH * weights
    step = step_of(lambda: model.loss(batch), optimizer)
    return fraction_of_products("SimpleBaseline step, batch 1024", operations, step, BATCH)


def figures() -> list[Figure]:
    """Measure every figure."""
    return [data_path(1), data_path(81), alignment(), training_step()]
