"""Torchmetrics classes that average errors of frames, joints and steps, overall and per group.

Sums run in float64 and are synchronised over processes, so that the result does not depend on how
frames are split into batches or over devices.
"""

from collections.abc import Callable
from typing import Any, Self

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torchmetrics import Metric

from lifting.geometry import WITHOUT_FLOAT64, in_float64

Frames = Float[Tensor, "frames joints 3"]
Groups = Int[Tensor, " frames"]


class ExactMetric(Metric):
    """A metric whose states are in float64: those of a device without such numbers stay on the CPU."""

    def _apply(self, fn: Callable[[Tensor], Tensor], *args: Any, **kwargs: Any) -> Self:
        if fn(torch.zeros(1)).device.type in WITHOUT_FLOAT64:
            return self
        return super()._apply(fn, *args, **kwargs)  # type: ignore[return-value]


class GroupedMean(ExactMetric):
    """Mean of one number per frame, over all frames and within each group.

    Args:
        groups: Number of groups; group ids count from 0.
    """

    full_state_update = False
    higher_is_better: bool | None = False
    total: Tensor
    count: Tensor

    def __init__(self, groups: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("total", "count"):
            zeros = torch.zeros(groups, dtype=torch.float64)
            self.add_state(name, zeros, dist_reduce_fx="sum")
        self.set_dtype(torch.float64)

    def add(self, values: Float[Tensor, " frames"], groups: Groups) -> None:
        """Count one value per frame in its group."""
        values, groups = in_float64(values), groups.to(self.total.device)
        self.total.index_add_(0, groups, values)
        self.count.index_add_(0, groups, torch.ones_like(values))

    def compute(self) -> Float[Tensor, ""]:
        """Return the mean over all frames; NaN where there were none."""
        return self.total.sum() / self.count.sum()

    def by_group(self) -> tuple[Float[Tensor, " groups"], Float[Tensor, " groups"]]:
        """Return mean and number of frames of each group, over all processes."""
        with self.sync_context(dist_sync_fn=self.dist_sync_fn):
            return self.total / self.count, self.count.clone()


class FrameMean(GroupedMean):
    """Mean of values that are computed elsewhere, one per frame."""

    def update(self, values: Float[Tensor, " frames"], groups: Groups) -> None:
        """Add one number per frame."""
        self.add(values, groups)


class JointMean(GroupedMean):
    """Mean of numbers of single joints, over those that count; NaN marks the others.

    So somebody of whom half the joints are labelled counts half, as in the published evaluations.
    """

    def __init__(self, joints: int, groups: int = 1, **kwargs: Any) -> None:
        # The sums of the base class are of groups: here of every joint in every group.
        super().__init__(groups * joints, **kwargs)
        self.joints = joints

    def update(self, values: Float[Tensor, "frames joints"], groups: Groups) -> None:
        """Add one number per joint of each frame, NaN where it does not count."""
        joint, groups = torch.arange(self.joints, device=values.device), groups.to(values.device)
        known = ~values.isnan()
        self.add(values[known], (self.joints * groups[:, None] + joint)[known])

    def by_group(self) -> tuple[Float[Tensor, " groups"], Float[Tensor, " groups"]]:
        """Return mean and number of joints of each group, over all processes."""
        with self.sync_context(dist_sync_fn=self.dist_sync_fn):
            total, count = (x.view(-1, self.joints).sum(-1) for x in (self.total, self.count))
        return total / count, count


class SequenceMean(GroupedMean):
    """Mean error of the steps between consecutive frames; batches may cut a clip anywhere.

    Frames count as consecutive where they are of one clip and their frame numbers differ by one. The
    frames of a clip may come in any order, as those of dilated windows do, but clips one after another,
    and a process must be given whole clips.

    Args:
        error: Gives one number per step of predicted and true poses in order.
        order: Frames of a step beside its last one.
        groups: Number of groups.
    """

    # A step may begin in the previous batch, which torchmetrics' short cut in forward() forgets.
    full_state_update = True

    def __init__(
        self, error: Callable[[Tensor, Tensor], Tensor], order: int, groups: int = 1, **kwargs: Any
    ) -> None:
        super().__init__(groups, **kwargs)
        self.error, self.order = error, order
        self._waiting: tuple[Tensor, ...] | None = None

    def reset(self) -> None:
        """Forget all frames."""
        self._waiting = None
        super().reset()

    def update(
        self,
        pred: Frames,
        target: Frames,
        clip: Groups,
        frame: Groups,
        groups: Groups,
    ) -> None:
        """Add root-relative poses, millimetres, by clip and number of the frame in it."""
        pred, target = in_float64(pred), in_float64(target)
        clip, frame, groups = (x.to(pred.device) for x in (clip, frame, groups))
        new = (pred, target, clip, frame, groups, torch.ones_like(clip, dtype=torch.bool))
        if self._waiting is not None:
            new = tuple(torch.cat(pair) for pair in zip(self._waiting, new, strict=True))  # type: ignore[assignment]
        if len(new[3]) <= self.order:
            self._waiting = new
            return
        pred, target, clip, frame, groups, fresh = (x[_in_order(*new[2:4])] for x in new)
        parts = [slice(k, len(frame) - self.order + k) for k in range(self.order + 1)]
        first, last = parts[0], parts[-1]
        together = (clip[last] == clip[first]) & (frame[last] - frame[first] == self.order)
        # A step belongs to its last frame, and is counted once, when the last of its frames comes.
        counted = together & torch.stack([fresh[part] for part in parts]).any(0)
        # Places instead of masks, each of which would be read back to know how many there are.
        counted = counted.nonzero().squeeze(-1)
        self.add(self.error(pred, target)[counted], groups[last][counted])
        # Of the clip that may go on, frames wait until they have met all their neighbours.
        met = torch.zeros_like(frame)
        for part in parts:
            met[part] += together
        wait = ((met <= self.order) & (clip == clip[-1])).nonzero().squeeze(-1)
        known = torch.zeros_like(fresh)
        self._waiting = tuple(x[wait] for x in (pred, target, clip, frame, groups, known))


def _in_order(clip: Groups, frame: Groups) -> Int[Tensor, " frames"]:
    """Return the order by clip, as they came, and by frame."""
    runs = (clip.diff(prepend=clip[:1]) != 0).cumsum(0)
    order = frame.argsort(stable=True)
    return order[runs[order].argsort(stable=True)]
