"""Benchmark of sequence lifters.

The references are the networks as they are usually written: convolutions with strides, attention by
explicit matrices, dropout and optimiser of torch's defaults.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from itertools import islice
from typing import Any, cast

import numpy as np
import torch
from einops import rearrange
from lightning import seed_everything
from torch import Tensor, nn

from datamodules import H36M, PoseDataModule
from datamodules.h36m.cameras import h36m_camera
from lifting.cameras import Camera
from lifting.cli.benchmark.timing import (
    Bfloat16InFloat32,
    Figure,
    has_fast_bf16,
    seconds,
    speed_up,
    step_of,
)
from lifting.methods import MixSTE, VideoPose3D
from lifting.methods.bases.method import Method

PLAIN = "plain float32"
# Of the comparison of loss curves.
_STEPS = 300


class StridedConvolutions(nn.Module):
    """VideoPose3D's training network with convolutions."""

    def __init__(self, taps: Sequence[int], width: int = 1024) -> None:
        super().__init__()
        self.taps = taps
        self.first = nn.Sequential(
            nn.Conv1d(34, width, taps[0], taps[0], bias=False), *_rest(width)
        )
        self.over_time = nn.ModuleList(
            nn.Sequential(nn.Conv1d(width, width, t, t, bias=False), *_rest(width))
            for t in taps[1:]
        )
        self.over_channels = nn.ModuleList(
            nn.Sequential(nn.Conv1d(width, width, 1, bias=False), *_rest(width)) for _ in taps[1:]
        )
        self.last = nn.Conv1d(width, 51, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Lift windows."""
        h = self.first(x.flatten(2).mT)
        for taps, time, channels in zip(
            self.taps[1:], self.over_time, self.over_channels, strict=True
        ):
            h = h[:, :, taps // 2 :: taps] + channels(time(h))
        return rearrange(self.last(h), "b (j c) t -> b t j c", c=3)


def _rest(width: int) -> list[nn.Module]:
    return [nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(0.25)]


class PlainBlock(nn.Module):
    """A pre-norm transformer block with an explicit attention."""

    def __init__(self, width: int, heads: int, drop_path: float) -> None:
        super().__init__()
        self.heads = heads
        self.drop_path = drop_path
        self.norm_1, self.norm_2 = nn.LayerNorm(width, 1e-6), nn.LayerNorm(width, 1e-6)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def _attend(self, x: Tensor) -> Tensor:
        q, k, v = rearrange(self.qkv(x), "b n (s h d) -> s b h n d", s=3, h=self.heads)
        weights = (q @ k.mT * q.shape[-1] ** -0.5).softmax(-1)
        return self.out(rearrange(weights @ v, "b h n d -> b n (h d)"))

    def _dropped(self, x: Tensor) -> Tensor:
        if self.drop_path == 0:
            return x
        keep = torch.rand(len(x), 1, 1) >= self.drop_path
        return x * keep / (1 - self.drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """Transform tokens."""
        x = x + self._dropped(self._attend(self.norm_1(x)))
        return x + self._dropped(self.mlp(self.norm_2(x)))


class PlainMixSTE(nn.Module):
    """MixSTE with rearranged tokens between its spatial and temporal blocks."""

    def __init__(self, frames: int, width: int = 512, depth: int = 8) -> None:
        super().__init__()
        self.embed = nn.Linear(2, width)
        self.of_joints = nn.Parameter(torch.zeros(1, 17, width))
        self.of_frames = nn.Parameter(torch.zeros(1, frames, width))
        rates = torch.linspace(0, 0.1, depth).tolist()
        self.spatial = nn.ModuleList(PlainBlock(width, 8, p) for p in rates)
        self.temporal = nn.ModuleList(PlainBlock(width, 8, p) for p in rates)
        self.norm_s, self.norm_t = nn.LayerNorm(width, 1e-6), nn.LayerNorm(width, 1e-6)
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Lift every frame of windows."""
        frames = x.shape[1]
        h = self.embed(rearrange(x, "b f j c -> (b f) j c")) + self.of_joints
        for level, (spatial, temporal) in enumerate(zip(self.spatial, self.temporal, strict=True)):
            h = rearrange(self.norm_s(spatial(h)), "(b f) j c -> (b j) f c", f=frames)
            h = self.norm_t(temporal(h if level else h + self.of_frames))
            h = rearrange(h, "(b j) f c -> (b f) j c", j=17)
        return self.head(rearrange(h, "(b f) j c -> b f j c", f=frames))


def _batch(examples: int, frames: int, chunk: int) -> dict[str, Any]:
    return {
        "keypoints": 500 + 100 * torch.randn(examples, frames, 17, 2),
        "pose": 300 * torch.randn(examples, chunk, 17, 3),
        "valid": torch.ones(examples, chunk, dtype=torch.bool),
        "camera": Camera.stack([h36m_camera("S1", "54138969").to(torch.float32)] * examples),
    }


def _against(
    what: str, method: Method, plain: nn.Module, batch: dict[str, Any], amsgrad: bool
) -> list[Figure]:
    """Compare the steps of a method and of a network trained on the same windows by MPJPE."""
    optimizer = torch.optim.AdamW(method.parameters(), 1e-4, amsgrad=amsgrad, fused=True)
    plain_optimizer = torch.optim.AdamW(plain.parameters(), 1e-4, amsgrad=amsgrad)
    x, y = torch.randn_like(batch["keypoints"]), torch.randn_like(batch["pose"])
    reference = step_of(lambda: (plain(x) - y).norm(dim=-1).mean(), plain_optimizer)
    precisions = ["float32", "bfloat16"] if has_fast_bf16() else ["float32"]
    *fast, slow = seconds(
        *(step_of(lambda: method.loss(batch), optimizer, p == "bfloat16") for p in precisions),
        reference,
        rounds=3,
    )
    return [
        speed_up(f"{what}, {precision}, against {PLAIN}", time, slow)
        for precision, time in zip(precisions, fast, strict=True)
    ]


def video_pose_3d(layers: int, examples: int) -> list[Figure]:
    """VideoPose3D's step."""
    taps = [3] * layers
    return _against(
        f"VideoPose3D step, {3**layers} frames, batch {examples}",
        VideoPose3D(taps=taps),
        StridedConvolutions(taps),
        _batch(examples, 3**layers, 1),
        amsgrad=True,
    )


def mixste(frames: int, examples: int) -> list[Figure]:
    """MixSTE's step, with all terms of its loss."""
    return _against(
        f"MixSTE step, {frames} frames, batch {examples}",
        # Explicit attention is the faster one for few tokens on a CPU.
        MixSTE(frames=frames, sdpa=False),
        PlainMixSTE(frames),
        _batch(examples, frames, frames),
        amsgrad=False,
    )


def whole_sequences() -> Figure:
    """VideoPose3D over whole sequences: each hidden value once, or window by window."""
    method = VideoPose3D().eval()
    batch = _batch(1, 1050, 1024)
    windows = rearrange(batch["keypoints"].unfold(1, 27, 1), "1 c j d t -> c t j d")
    cameras = batch["camera"][[0] * 1024]

    @torch.no_grad()
    def sliding() -> Tensor:
        return method(batch["keypoints"], batch["camera"])

    @torch.no_grad()
    def one_by_one() -> Tensor:
        return method(windows, cameras)

    difference = (sliding()[0] - one_by_one()[:, 0]).abs().max()
    assert difference < 0.1, difference
    fast, slow = seconds(sliding, one_by_one)
    return Figure(
        "VideoPose3D, 27 frames, whole sequences, against window by window",
        slow / fast,
        f"{1024 / fast:,.0f} frames/s",
        f"{1024 / slow:,.0f} frames/s",
    )


def _endless(data: PoseDataModule) -> Iterator[dict[str, Any]]:
    while True:
        for index in data.train_dataloader():
            yield cast(dict[str, Any], data.on_after_batch_transfer(index, 0))


def loss_after(data: PoseDataModule, make: Callable[[], Method], bfloat16: bool) -> float:
    """Return the mean loss of the last fifty of 300 steps, from the same weights and batches."""
    seed_everything(0, verbose=False)
    method, device = make(), torch.device("cpu").type
    optimizer = torch.optim.AdamW(method.parameters(), 1e-3, amsgrad=True, fused=True)
    # What is learnt does not depend on the machine, unlike the time that it takes.
    emulates = bfloat16 and not has_fast_bf16()
    losses: list[float] = []
    with Bfloat16InFloat32() if emulates else nullcontext():
        for batch in islice(_endless(data), _STEPS):
            optimizer.zero_grad()
            with torch.autocast(device, torch.bfloat16, enabled=bfloat16):
                loss = method.loss(batch)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
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
    return [
        equal_curves(
            "VideoPose3D, 27 frames, batch 128",
            H36M(receptive_field=27, batch_size=128, **options),
            VideoPose3D,
        ),
        equal_curves(
            # Narrow and shallow: 300 steps of the published size take a quarter of an hour.
            "MixSTE of width 256 and depth 4, 27 frames, batch 4",
            H36M(chunk=27, batch_size=4, **options),
            lambda: MixSTE(frames=27, width=256, depth=4, sdpa=False),
        ),
    ]


def figures(store: str | None = None) -> list[Figure]:
    """Measure every figure.

    Args:
        store: Human3.6M's store, to compare loss curves on.
    """
    return [
        *video_pose_3d(3, 128),
        *video_pose_3d(5, 64),
        *mixste(27, 4),
        *mixste(27, 16),
        whole_sequences(),
        *(curves(store) if store is not None else []),
    ]
