"""Benchmark of training detectors: a step guided by four lifters against one from 2D alone."""

import warnings
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from lifting.cli.benchmark.inputs import cameras, save
from lifting.cli.benchmark.timing import Figure, fraction_of_time, precisions, seconds, step_of
from lifting.imaging.crops import crop_affine, fit_aspect
from lifting.methods import (
    GuidedDetector,
    HeatmapDetector,
    IGANet,
    Lifter,
    MixSTE,
    SimpleBaseline,
    VideoPose3D,
)

BATCH = 8
WIDTH, HEIGHT = 192, 256


def image_batch() -> Any:
    """Return an image batch of noise with labels and poses."""
    box = torch.tensor([200.0, 100.0, 500.0, 800.0]).expand(BATCH, 4)
    inside = 0.8 * torch.rand(BATCH, 17, 2) + 0.1
    return {
        "image": torch.randn(BATCH, 3, HEIGHT, WIDTH),
        "affine": crop_affine(*fit_aspect(box, (WIDTH, HEIGHT)), (WIDTH, HEIGHT)),
        "keypoints": box[:, None, :2] + inside * (box[:, None, 2:] - box[:, None, :2]),
        "visibility": torch.full((BATCH, 17), 2, dtype=torch.uint8),
        "camera": cameras(BATCH),
        "pose": 300 * torch.randn(BATCH, 1, 17, 3),
        "posed": torch.ones(BATCH, dtype=torch.bool),
    }


def guided_detector() -> GuidedDetector:
    """Return a detector with the four lifters of L2D-Pose, of random weights."""
    lifters: list[Lifter] = [
        SimpleBaseline(),
        VideoPose3D(taps=[1, 1, 1]),
        IGANet(),
        MixSTE(frames=1),
    ]
    with TemporaryDirectory() as folder:
        paths = {
            type(one).__name__: save(one, Path(folder) / f"{type(one).__name__}.ckpt")
            for one in lifters
        }
        guided = GuidedDetector(lifters=paths, agreement=0.1, mean_pose=0.05, leave_out=True)
        guided.load_lifters()
    return guided


def guided_step(bfloat16: bool) -> Figure:
    """Compare a step through four lifters with one from 2D alone."""
    batch, steps = image_batch(), []
    for method in (guided_detector(), HeatmapDetector()):
        optimizer = torch.optim.AdamW(method.net.parameters(), 1e-4, fused=True)
        steps.append(step_of(partial(method.loss, batch), optimizer, bfloat16))
    precision = "bfloat16" if bfloat16 else "float32"
    what = f"step through four lifters against 2D alone, HRNet-W32, 256 x 192, batch {BATCH}"
    return fraction_of_time(f"{what}, {precision}", *seconds(*steps, rounds=3))


def figures() -> list[Figure]:
    """Measure every figure."""
    # There is no Trainer to log with, which the methods go without.
    warnings.filterwarnings("ignore", r".*`self\.log\(\)`")
    return [guided_step(bfloat16) for bfloat16 in precisions()]
