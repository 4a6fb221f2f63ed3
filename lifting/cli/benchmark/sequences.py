"""Benchmark of sequence lifters.

The references are the networks as they are usually written: convolutions with strides, attention by
explicit matrices, dropout and optimiser of torch's defaults.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from einops import rearrange
from lightning import seed_everything
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from datamodules import H36M, PoseDataModule
from lifting.cli.benchmark.inputs import cameras
from lifting.cli.benchmark.timing import (
    Bfloat16InFloat32,
    Figure,
    compared_rates,
    has_fast_bf16,
    precisions,
    seconds,
    speed_up,
    step_of,
)
from lifting.methods import MixSTE, VideoPose3D
from lifting.methods.bases.method import Method
from lifting.nets import mixste

# Of the comparison of loss curves.
_STEPS = 300


class StridedConvolutions(nn.Module):
    """VideoPose3D's training network with convolutions."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.first = _layer(34, 3)
        self.over_time = nn.ModuleList(_layer(1024, 3) for _ in range(layers - 1))
        self.over_channels = nn.ModuleList(_layer(1024, 1) for _ in range(layers - 1))
        self.last = nn.Conv1d(1024, 51, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Lift windows."""
        h = self.first(x.flatten(2).mT)
        for time, channels in zip(self.over_time, self.over_channels, strict=True):
            h = h[:, :, 1::3] + channels(time(h))
        return rearrange(self.last(h), "b (j c) t -> b t j c", c=3)


def _layer(inputs: int, taps: int) -> nn.Module:
    convolution = nn.Conv1d(inputs, 1024, taps, taps, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm1d(1024), nn.ReLU(), nn.Dropout(0.25))


def plain_mixste(frames: int) -> nn.Module:
    """Return MixSTE's network with transformer layers of torch."""
    net = mixste.MixSTENet(frames=frames)
    for blocks in (net.spatial, net.temporal):
        for level in range(len(blocks)):
            blocks[level] = nn.TransformerEncoderLayer(
                512, 8, 1024, 0.0, "gelu", 1e-6, batch_first=True, norm_first=True
            )
    return net


def _batch(examples: int, frames: int, chunk: int) -> dict[str, Any]:
    return {
        "keypoints": 500 + 100 * torch.randn(examples, frames, 17, 2),
        "pose": 300 * torch.randn(examples, chunk, 17, 3),
        "valid": torch.ones(examples, chunk, dtype=torch.bool),
        "camera": cameras(examples),
    }


def _against(
    what: str, method: Method, plain: nn.Module, batch: dict[str, Any], amsgrad: bool
) -> list[Figure]:
    """Compare the steps of a method and of a network trained on the same windows by MPJPE."""
    optimizer = torch.optim.AdamW(method.parameters(), 1e-4, amsgrad=amsgrad, fused=True)
    plain_optimizer = torch.optim.AdamW(plain.parameters(), 1e-4, amsgrad=amsgrad)
    x, y = torch.randn_like(batch["keypoints"]), torch.randn_like(batch["pose"])
    reference = step_of(lambda: (plain(x) - y).norm(dim=-1).mean(), plain_optimizer)
    ours = [step_of(lambda: method.loss(batch), optimizer, bfloat16) for bfloat16 in precisions()]
    with sdpa_kernel(SDPBackend.MATH):
        *fast, slow = seconds(*ours, reference, rounds=3)
    return [
        speed_up(f"{what}, {precision}, against plain float32", time, slow)
        for precision, time in zip(("float32", "bfloat16"), fast, strict=False)
    ]


@torch.no_grad()
def whole_sequences() -> Figure:
    """VideoPose3D over whole sequences: each hidden value once, or window by window."""
    method, batch = VideoPose3D().eval(), _batch(1, 1050, 1024)
    windows = rearrange(batch["keypoints"].unfold(1, 27, 1), "1 c j d t -> c t j d")
    sliding = partial(method, batch["keypoints"], batch["camera"])
    one_by_one = partial(method, windows, batch["camera"][[0] * 1024])
    difference = (sliding()[0] - one_by_one()[:, 0]).abs().max()
    assert difference < 0.1, difference
    fast, slow = seconds(sliding, one_by_one)
    title = "VideoPose3D, 27 frames, whole sequences, against window by window"
    return compared_rates(title, "frames", 1024 / fast, 1024 / slow)


def _endless(data: PoseDataModule) -> Iterator[dict[str, Any]]:
    while True:
        for index in data.train_dataloader():
            yield cast(dict[str, Any], data.on_after_batch_transfer(index, 0))


def loss_after(data: PoseDataModule, make: Callable[[], Method], bfloat16: bool) -> float:
    """Return the mean loss of the last fifty of 300 steps, from the same weights and batches."""
    seed_everything(0, verbose=False)
    method, batches, losses = make(), _endless(data), []
    optimizer = torch.optim.AdamW(method.parameters(), 1e-3, amsgrad=True, fused=True)

    def loss() -> Tensor:
        value = method.loss(next(batches))
        losses.append(value.item())
        return value

    step = step_of(loss, optimizer, bfloat16)
    # What is learnt does not depend on the machine, unlike the time that it takes.
    emulates = bfloat16 and not has_fast_bf16()
    with Bfloat16InFloat32() if emulates else nullcontext():
        for _ in range(_STEPS):
            step()
    return float(np.mean(losses[-50:]))


def equal_curves(what: str, data: PoseDataModule, make: Callable[[], Method]) -> Figure:
    """Compare what bfloat16 and float32 have learnt after as many steps."""
    data.prepare_data()
    data.setup("fit")
    ours, reference = (loss_after(data, make, bfloat16) for bfloat16 in (True, False))
    title = f"{what}, loss after {_STEPS} steps, bfloat16 against float32"
    return Figure(title, ours / reference, f"{1000 * ours:.1f} mm", f"{1000 * reference:.1f} mm")


def curves(store: str) -> list[Figure]:
    """Compare the loss curves of both precisions on Human3.6M."""
    options: dict[str, Any] = {"store": store, "val_subjects": (), "train_subjects": ("S1",)}
    windows = H36M(receptive_field=27, batch_size=128, **options)
    chunks = H36M(chunk=27, batch_size=4, **options)
    # Narrow and shallow: 300 steps of the published size take a quarter of an hour.
    small = partial(MixSTE, frames=27, width=256, depth=4, sdpa=False)
    return [
        equal_curves("VideoPose3D, 27 frames, batch 128", windows, VideoPose3D),
        equal_curves("MixSTE of width 256 and depth 4, 27 frames, batch 4", chunks, small),
    ]


def figures(store: str | None = None) -> list[Figure]:
    """Measure every figure.

    Args:
        store: Human3.6M's store, to compare loss curves on.
    """
    rows = []
    for layers, examples in ((3, 128), (5, 64)):
        rows += _against(
            f"VideoPose3D step, {3**layers} frames, batch {examples}",
            VideoPose3D(taps=[3] * layers),
            StridedConvolutions(layers),
            _batch(examples, 3**layers, 1),
            amsgrad=True,
        )
    rows += _against(
        # With all terms of its loss. Explicit attention is the faster one for few tokens on a CPU.
        "MixSTE step, 27 frames, batch 16",
        MixSTE(frames=27, sdpa=False),
        plain_mixste(27),
        _batch(16, 27, 27),
        amsgrad=False,
    )
    return [*rows, whole_sequences(), *(curves(store) if store is not None else [])]
