"""Benchmark of training detectors.

A step that is guided by four lifters of published size against one from 2D alone, on the processor; and
where there is a GPU, how many images per second HRNet-W32 learns from.
"""

import warnings
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from lifting.cameras import Camera, nominal_camera
from lifting.cli.benchmark.timing import (
    Figure,
    fraction_of_time,
    has_fast_bf16,
    seconds,
    step_of,
)
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


def image_batch(count: int, width: int, height: int) -> Any:
    """Return an image batch of noise with labels and poses."""
    box = torch.tensor([200.0, 100.0, 500.0, 800.0]).expand(count, 4)
    inside = 0.8 * torch.rand(count, 17, 2) + 0.1
    return {
        "image": torch.randn(count, 3, height, width),
        "affine": crop_affine(*fit_aspect(box, (width, height)), (width, height)),
        "keypoints": box[:, None, :2] + inside * (box[:, None, 2:] - box[:, None, :2]),
        "visibility": torch.full((count, 17), 2, dtype=torch.uint8),
        "camera": Camera.stack([nominal_camera(1000.0, 1000.0)] * count).to(torch.float32),
        "pose": 300 * torch.randn(count, 1, 17, 3),
        "posed": torch.ones(count, dtype=torch.bool),
    }


def write_lifters(folder: Path) -> dict[str, str]:
    """Write the four lifters of L2D-Pose with random weights."""
    lifters: dict[str, Lifter] = {
        "sb": SimpleBaseline(),
        "videopose": VideoPose3D(taps=[1, 1, 1]),
        "iganet": IGANet(),
        "mixste": MixSTE(frames=1),
    }
    for name, lifter in lifters.items():
        content = {"state_dict": lifter.state_dict(), "hyper_parameters": dict(lifter.hparams)}
        lifter.on_save_checkpoint(content)
        torch.save(content, folder / f"{name}.ckpt")
    return {name: str(folder / f"{name}.ckpt") for name in lifters}


def guided_step(count: int, bfloat16: bool) -> Figure:
    """Compare a step through four lifters with one from 2D alone."""
    batch = image_batch(count, 192, 256)
    plain = HeatmapDetector()
    with TemporaryDirectory() as folder:
        guided = GuidedDetector(
            lifters=write_lifters(Path(folder)), agreement=0.1, mean_pose=0.05, leave_out=True
        )
        guided.load_lifters()
    # There is no Trainer to log with, which the methods go without.
    warnings.filterwarnings("ignore", r".*`self\.log\(\)`")
    steps = []
    for method in (guided, plain):
        optimizer = torch.optim.AdamW(method.net.parameters(), 1e-4, fused=True)
        steps.append(step_of(partial(method.loss, batch), optimizer, bfloat16))
    precision = "bfloat16" if bfloat16 else "float32"
    what = f"step through four lifters against 2D alone, HRNet-W32, 256 x 192, batch {count}"
    return fraction_of_time(f"{what}, {precision}", *seconds(*steps, rounds=3))


def images_per_second(count: int, compiled: bool, channels_last: bool) -> Figure:
    """Measure HRNet-W32's training on crops of 384 x 288 in bfloat16 on the GPU."""
    device = torch.device("cuda")
    layout = torch.channels_last if channels_last else torch.contiguous_format
    method = HeatmapDetector(sigma=3.0).to(device, memory_format=layout)
    if compiled:
        method.net.compile()
    batch: Any = {name: x.to(device) for name, x in image_batch(count, 288, 384).items()}
    batch["image"] = batch["image"].contiguous(memory_format=layout)
    optimizer = torch.optim.AdamW(method.parameters(), 1e-4, fused=True)
    step = step_of(lambda: method.loss(batch), optimizer, bfloat16=True, device="cuda")

    def ten() -> None:
        for _ in range(10):
            step()
        torch.cuda.synchronize()

    torch.cuda.reset_peak_memory_stats()
    rate = 10 * count / seconds(ten)[0]
    peak = torch.cuda.max_memory_allocated() / 2**30
    how = [
        "channels last" if channels_last else "contiguous",
        "compiled" if compiled else "eager",
    ]
    what = f"HRNet-W32 training, 384 x 288, batch {count}, bfloat16, {', '.join(how)}"
    return Figure(what, rate, f"{rate:,.0f} images/s", f"{peak:.1f} GiB")


def figures() -> list[Figure]:
    """Measure every figure."""
    rows = [guided_step(8, bfloat16=False)]
    if has_fast_bf16():
        rows.append(guided_step(8, bfloat16=True))
    if torch.cuda.is_available():
        rows += [
            images_per_second(64, compiled, channels_last)
            for channels_last in (False, True)
            for compiled in (False, True)
        ]
    return rows
