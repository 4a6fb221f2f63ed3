"""Benchmark of the steps of LInKs."""

import math
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from lifting.cli.benchmark.inputs import cameras, save
from lifting.cli.benchmark.timing import (
    Figure,
    fraction_of_products,
    fraction_of_time,
    precisions,
    seconds,
    step_of,
)
from lifting.geometry import rotate, rotation_y
from lifting.methods import LInKs, OcclusionCompletion, PoseFlows
from lifting.methods.bases.method import Method
from lifting.nets.depth_lifter import CompletionNet
from lifting.skeletons import skeleton
from lifting.skeletons.occlusion import CASES

JOINTS = skeleton("h36m17")
BATCH = 256
# The published recipes, without noise of the suite's own.
PUBLISHED_FLOW: dict[str, Any] = {
    "hidden": 1024,
    "drop_root": False,
    "standardise": False,
    "input_noise": 0.0,
}


def _keypoints() -> Tensor:
    return 500 + 60 * torch.randn(BATCH, 17, 2)


def _batch() -> dict[str, Any]:
    return {"keypoints": _keypoints()[:, None], "camera": cameras(BATCH)}


def _save(method: Method, path: Path) -> str:
    method.fit_statistics(_keypoints(), 300 * torch.randn(BATCH, 17, 3))
    return save(method, path)


def _step(method: Method, batch: dict[str, Any], bfloat16: bool = False) -> Callable[[], None]:
    optimizer = torch.optim.AdamW(
        [p for p in method.parameters() if p.requires_grad], 1e-4, fused=True
    )
    return step_of(lambda: method.loss(batch), optimizer, bfloat16)


def left_right(folder: Path) -> list[Figure]:
    """LInKs' left/right step at 256 poses and 256 generated, published sizes."""
    flows = [
        _save(PoseFlows(parts=parts, **PUBLISHED_FLOW), folder / f"{parts[0]}_flow.ckpt")
        for parts in (["full"], ["left", "right"])
    ]
    method = LInKs(
        full_flow=flows[0],
        part_flows=flows[1],
        width=1024,
        hypotheses="both",
        sum_hypotheses=True,
        generated=True,
        elevation="learned",
    )
    method.load_frozen_stages()
    method.fit_statistics(_keypoints(), 300 * torch.randn(BATCH, 17, 3))
    # Two lifts of 512 poses, the second without its elevation head: forward and twice backward.
    weights = {n: p.numel() for n, p in method.lifters.named_parameters() if p.ndim == 2}
    heads = sum(count for name, count in weights.items() if ".elevation_head." in name)
    operations = 6 * 2 * BATCH * (2 * sum(weights.values()) - heads)
    what = "left/right lifter step, 256 + 256 poses"
    return [
        fraction_of_products(
            what, operations, _step(method, _batch(), bfloat16), 2 * BATCH, bfloat16
        )
        for bfloat16 in precisions()
    ]


class UnfusedFlow(nn.Module):
    """The published flow written down as its formulas are: one operation after the other."""

    def __init__(self, dims: int, hidden: int = 1024, blocks: int = 8) -> None:
        super().__init__()
        half = dims // 2
        self.active = half
        self.subnets = nn.ModuleList(
            nn.Sequential(nn.Linear(dims - half, hidden), nn.ReLU(), nn.Linear(hidden, 2 * half))
            for _ in range(blocks)
        )
        self.scales = nn.ParameterList(torch.full((1, dims), 9.987) for _ in range(blocks))
        self.offsets = nn.ParameterList(torch.zeros(1, dims) for _ in range(blocks))
        self.rotations = [torch.linalg.qr(torch.randn(dims, dims)).Q for _ in range(blocks)]

    def _blocks(self) -> list[Any]:
        return list(zip(self.subnets, self.scales, self.offsets, self.rotations, strict=True))

    def _coupling(self, subnet: nn.Module, passive: Tensor) -> tuple[Tensor, Tensor]:
        s, t = torch.split(0.1 * subnet(passive), self.active, dim=1)
        return 2 * torch.tanh(s), t

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return latent vectors and log-determinants."""
        log_det = x.new_zeros(len(x))
        for subnet, scale, offset, w in self._blocks():
            passive, active = x[:, : -self.active], x[:, -self.active :]
            s, t = self._coupling(subnet, passive)
            x = torch.cat([passive, active * torch.exp(s) + t], 1)
            gain = 0.1 * functional.softplus(scale, beta=0.5)
            x = functional.linear(x * gain + offset, w)
            log_det = log_det + s.sum(1) + torch.log(gain).sum()
        return x, log_det

    def inverse(self, z: Tensor) -> Tensor:
        """Return poses of latent vectors."""
        for subnet, scale, offset, w in reversed(self._blocks()):
            gain = 0.1 * functional.softplus(scale, beta=0.5)
            z = (functional.linear(z, w.T) - offset) / gain
            passive, active = z[:, : -self.active], z[:, -self.active :]
            s, t = self._coupling(subnet, passive)
            z = torch.cat([passive, (active - t) * torch.exp(-s)], 1)
        return z


def full_flow() -> list[Figure]:
    """The published step of the full-pose flow: poses and as many generated from them."""
    ours = PoseFlows(generated=True, **PUBLISHED_FLOW)
    ours.fit_statistics(_keypoints(), None)
    batch = _batch()
    unfused_flow = UnfusedFlow(34)
    optimizer = torch.optim.Adam(unfused_flow.parameters(), 2e-4, weight_decay=1e-5)
    x = ours.head_scale(batch["keypoints"])[:, 0].flatten(1)

    def nll(poses: Tensor) -> Tensor:
        z, log_det = unfused_flow(poses)
        return (0.5 * z.square().sum(1) - log_det).mean()

    def unfused() -> None:
        with torch.no_grad():
            z, _ = unfused_flow(x)
            drawn = unfused_flow.inverse(z + 0.2 * torch.randn_like(z) * z)
            drawn[:, :2] = 0
        loss = nll(x) + nll(drawn)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    default = PoseFlows()
    default.fit_statistics(_keypoints(), None)
    # Noise on the inputs does what generated poses are for, so that all 512 are real.
    wide = {"keypoints": batch["keypoints"].repeat(2, 1, 1, 1)}
    *fast, slow = seconds(_step(default, wide), _step(ours, batch), unfused, rounds=20)
    recipes = ("512 poses, default recipe", "256 + 256 poses, published recipe")
    what = "full-pose flow step, {}, fraction of the unfused published step"
    return [fraction_of_time(what.format(r), t, slow) for r, t in zip(recipes, fast, strict=True)]


def occlusion(folder: Path) -> list[Figure]:
    """The published step of occlusion completion: eight networks, three views."""
    splits: Any = {
        split: _save(LInKs(split, width=1024), folder / f"{split}.ckpt")
        for split in ("left_right", "leg_torso")
    }
    ours, three = (
        OcclusionCompletion(**splits, lifter_width=1024, train_source="leg_torso", views=views)
        for views in (1, 3)
    )
    for method in (ours, three):
        method.load_frozen_stages()
    batch = _batch()
    x = ours.head_scale(batch["keypoints"])[:, 0]
    cases = [(c.observed(JOINTS), c.completed(JOINTS)) for c in CASES if c.missing]
    nets = [CompletionNet(len(observed), len(completed)) for observed, completed in cases]
    optimizers = [torch.optim.Adam(net.parameters(), 2e-4, weight_decay=1e-5) for net in nets]

    def unfused() -> None:
        with torch.no_grad():
            # The left and right lifters too, which the original runs and does not use.
            depths = ours.part_depths(x, ("left", "right", "legs", "torso"))
            pose = ours._back_project(x, depths["legs"] + depths["torso"])
        total = x.new_zeros(())
        for net, (observed, completed) in zip(nets, cases, strict=True):
            view = pose
            for turned in range(3):
                if turned:
                    view = rotate(view, rotation_y(2 * math.pi * torch.rand(BATCH)))
                error = net(view[:, observed]) - view[:, completed]
                total = total + error.square().sum((-2, -1)).mean()
        for optimizer in optimizers:
            optimizer.zero_grad()
        total.backward()
        for optimizer in optimizers:
            optimizer.step()

    steps = {"3 of 3 views": _step(three, batch)}
    for bfloat16 in precisions():
        steps["1 of 3 views" + ", bfloat16" * bfloat16] = _step(ours, batch, bfloat16)
    *fast, slow = seconds(*steps.values(), unfused)
    what = "occlusion step, batch 256, published size, {}, fraction of the unfused float32 step"
    return [fraction_of_time(what.format(s), t, slow) for s, t in zip(steps, fast, strict=True)]


def figures() -> list[Figure]:
    """Measure every figure."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [*left_right(folder), *full_flow(), *occlusion(folder)]
