"""A page of lifted clips, to play and turn, when a test ends."""

from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_only
from torch import Tensor

from datamodules.base import PoseDataModule
from datamodules.examples.bank import IndexBatch
from lifting.methods.bases.lifter import Lifter
from lifting.skeletons import skeleton
from lifting.skeletons.occlusion import Status
from lifting.viz.page import write_page
from lifting.viz.player import Clip, PoseTrack

# Least frame rate of a clip, as test frames may be far apart.
_MIN_FPS = 5.0


class PosePage(Callback):
    """Writes ``pictures/test.html`` and logs it to W&B: some clips of the test split, lifted.

    Args:
        folder: Folder of the run.
        clips: Number of clips, spread evenly over the split.
        frames: Frames of each, from its first one on.
    """

    def __init__(self, folder: str | Path, clips: int = 4, frames: int = 200) -> None:
        self.folder = Path(folder)
        self.clips = clips
        self.frames = frames

    @rank_zero_only
    @torch.no_grad()
    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Lift the clips and write the page."""
        data = trainer.datamodule  # type: ignore[attr-defined]
        if not isinstance(data, PoseDataModule) or not isinstance(pl_module, Lifter):
            return
        by_clip = data.bank("test").rows_by_clip()
        count = min(self.clips, len(by_clip))
        chosen = [by_clip[(2 * i + 1) * len(by_clip) // (2 * count)] for i in range(count)]
        clips = [self._clip(data, pl_module, rows) for rows in chosen]
        path = self.folder / "pictures" / "test.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_page(path, f"{self.folder.name}: {type(pl_module).__name__}", clips)
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                # A second that runs without W&B need not wait for.
                import wandb

                # As it is: what W&B would add comes from the network.
                page = wandb.Html(str(path), inject=False)
                logger.experiment.log({"pictures/test_page": page})

    def _clip(self, data: PoseDataModule, module: Lifter, rows: Tensor) -> Clip:
        """Return the first frames of a clip, lifted from its examples."""
        windows = data.test_windows
        rows = rows[: -(-self.frames // windows.chunk)].to(module.device)
        batch = data.on_after_batch_transfer(IndexBatch(rows, None, "test"), 0)
        valid, lifted = batch["valid"], module.predict_step(batch, 0)
        # The input frames that the output frames stand for.
        now = windows.left // windows.dilation
        inputs = slice(now, now + windows.chunk)
        keypoints = batch["keypoints"][:, inputs][valid]
        keypoints[batch["confidence"][:, inputs][valid] == 0] = torch.nan
        order = lifted["frame"].argsort(stable=True)[: self.frames]

        def shown(values: Tensor) -> Any:
            return values[order].cpu().float().numpy()

        frames = lifted["frame"][order].cpu()
        joints = skeleton(module.hparams["skeleton"])
        status = lifted.get("status")
        known = None if status is None else (status != Status.COMPLETED)[order].cpu().numpy()
        truth = None
        if "pose" in batch:
            truth = PoseTrack("truth", shown(module.target(batch)[valid]), joints)
        key = data.bank("test").keys[int(batch["clip"][0])]
        gap = float(frames.diff().float().median()) if len(frames) > 1 else 1.0
        return Clip(
            key.path.removeprefix("clips/"),
            [PoseTrack(type(module).__name__, shown(lifted["pose"]), joints, known)],
            fps=max(key.fps / max(gap, 1.0), _MIN_FPS),
            truth=truth,
            keypoints=shown(keypoints),
            keypoint_joints=skeleton(module.hparams["keypoint_skeleton"]),
            frames=frames.tolist(),
        )
