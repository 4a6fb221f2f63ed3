"""Interface of the datamodules that methods are trained and tested with."""

from typing import Protocol

import torch
from torch import Tensor

from lifting.batch import PoseBatch


class WindowShape(Protocol):
    """How the examples of a datamodule are cut (:class:`lifting.windows.Windows`)."""

    @property
    def receptive_field(self) -> int:
        """Input frames that one output frame sees."""
        ...

    @property
    def chunk(self) -> int:
        """Consecutive output frames per example."""
        ...

    @property
    def causal(self) -> bool:
        """Whether an output frame sees the past only."""
        ...


class PoseData(Protocol):
    """The datamodule of a method, whose batches are keypoints (PoseBatch) or images (ImageBatch)."""

    yields_images: bool
    mirrored_alike: bool
    keypoint_skeleton: str
    pose_skeleton: str
    test_skeleton: str | None
    actions: list[str]
    frames_per_example: int
    frame_rate: float | None
    subjects: dict[str, list[str]]
    train_windows: WindowShape
    test_windows: WindowShape

    @property
    def has_poses(self) -> bool:
        """Whether there are 3D poses in the splits that are loaded."""
        ...

    def training_frames(self) -> tuple[Tensor, Tensor | None]:
        """Return keypoints ``(N, K, 2)`` and absolute poses ``(N, J, 3)`` of the training split."""
        ...

    def prior_poses(self) -> Tensor | None:
        """Return absolute poses ``(N, J, 3)`` of the prior, or None without one."""
        ...

    def spread(self, split: str, count: int, device: torch.device) -> PoseBatch:
        """Return a batch of examples spread evenly over a split, always the same ones."""
        ...
