"""Torchmetrics classes: means of per-frame errors, overall and per group (usually per action).

Sums run in float64 and are synchronised over processes, so that the result does not depend on how
frames are split into batches or over devices.
"""

from abc import abstractmethod
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torchmetrics import Metric

from lifting.geometry import similarity_alignment
from lifting.metrics import functional
from lifting.metrics.functional import AUC_THRESHOLDS, PCK_THRESHOLD

Frames = Float[Tensor, "frames joints 3"]
Groups = Int[Tensor, " frames"]


class GroupedMean(Metric):
    """The mean of one number per frame, over all frames and within each group.

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

    def add(self, values: Float[Tensor, " frames"], groups: Groups | None) -> None:
        """Count one value per frame in its group, or all in group 0."""
        values = values.double()
        if groups is None:
            groups = torch.zeros(len(values), dtype=torch.long, device=values.device)
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
    """The mean of values that are computed elsewhere, one per frame."""

    def update(self, values: Float[Tensor, " frames"], groups: Groups | None = None) -> None:
        """Add frames.

        Args:
            values: One number per frame.
            groups: Group id of each frame; all in group 0 where not given.
        """
        self.add(values, groups)


class PoseMetric(GroupedMean):
    """A metric of frames that stand for themselves; subclasses give the error of each."""

    @abstractmethod
    def error(self, pred: Frames, target: Frames) -> Float[Tensor, " frames"]:
        """Return one number per frame, from float64 poses."""

    def update(self, pred: Frames, target: Frames, groups: Groups | None = None) -> None:
        """Add frames.

        Args:
            pred: Predicted root-relative poses, millimetres.
            target: True root-relative poses, millimetres.
            groups: Group id of each frame; all in group 0 where not given.
        """
        self.add(self.error(pred.double(), target.double()), groups)


class MPJPE(PoseMetric):
    """Mean per-joint position error, millimetres (protocol 1).

    Example:
        >>> metric = MPJPE()
        >>> metric.update(torch.zeros(2, 17, 3), torch.full((2, 17, 3), 3.0))
        >>> round(metric.compute().item(), 3)
        5.196
    """

    def error(self, pred: Frames, target: Frames) -> Float[Tensor, " frames"]:
        """See :func:`lifting.metrics.functional.mpjpe`."""
        return functional.mpjpe(pred, target)


class PAMPJPE(PoseMetric):
    """MPJPE after similarity alignment, millimetres (protocol 2).

    Args:
        reflection: Legacy: let mirrored poses be mirrored back (ElePose, LInKs).
        groups: Number of groups.
    """

    def __init__(self, reflection: bool = False, groups: int = 1, **kwargs: Any) -> None:
        super().__init__(groups, **kwargs)
        self.reflection = reflection

    def error(self, pred: Frames, target: Frames) -> Float[Tensor, " frames"]:
        """See :func:`lifting.metrics.functional.pa_mpjpe`."""
        return functional.pa_mpjpe(pred, target, self.reflection)


class Mirrored(PoseMetric):
    """Share of poses that fit better mirrored, in percent."""

    def error(self, pred: Frames, target: Frames) -> Float[Tensor, " frames"]:
        """See :func:`lifting.metrics.functional.mirrored`."""
        return 100 * functional.mirrored(pred, target)


class NMPJPE(PoseMetric):
    """MPJPE after scaling, millimetres (protocol 3).

    Args:
        norm_ratio: Legacy: scale by the ratio of norms (ElePose, LInKs).
        groups: Number of groups.
    """

    def __init__(self, norm_ratio: bool = False, groups: int = 1, **kwargs: Any) -> None:
        super().__init__(groups, **kwargs)
        self.norm_ratio = norm_ratio

    def error(self, pred: Frames, target: Frames) -> Float[Tensor, " frames"]:
        """See :func:`lifting.metrics.functional.n_mpjpe`."""
        return functional.n_mpjpe(pred, target, self.norm_ratio)


class PCK(PoseMetric):
    """Share of joints within a threshold, in percent.

    Args:
        threshold: Millimetres.
        groups: Number of groups.
    """

    higher_is_better = True

    def __init__(self, threshold: float = PCK_THRESHOLD, groups: int = 1, **kwargs: Any) -> None:
        super().__init__(groups, **kwargs)
        self.threshold = threshold

    def error(self, pred: Frames, target: Frames) -> Float[Tensor, " frames"]:
        """See :func:`lifting.metrics.functional.pck`."""
        return 100 * functional.pck(functional.joint_error(pred, target), self.threshold)


class AUC(PoseMetric):
    """Mean PCK over thresholds of 0 to 150 mm, in percent.

    Args:
        thresholds: Millimetres, rising; the 31 of MPI-INF-3DHP by default.
        groups: Number of groups.
    """

    higher_is_better = True

    def __init__(
        self,
        thresholds: tuple[float, ...] = AUC_THRESHOLDS,
        groups: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(groups, **kwargs)
        self.thresholds = thresholds

    def error(self, pred: Frames, target: Frames) -> Float[Tensor, " frames"]:
        """See :func:`lifting.metrics.functional.auc`."""
        return 100 * functional.auc(functional.joint_error(pred, target), self.thresholds)


class CPS(PoseMetric):
    """Correct-pose score of Procrustes-aligned poses, 0 to 301."""

    higher_is_better = True

    def error(self, pred: Frames, target: Frames) -> Float[Tensor, " frames"]:
        """See :func:`lifting.metrics.functional.cps`."""
        aligned = similarity_alignment(pred, target)(pred)
        return functional.cps(functional.joint_error(aligned, target))


class SequenceMetric(GroupedMean):
    """A metric of consecutive frames, fed in order; batches may cut a clip anywhere.

    Frames count as consecutive where they are neighbours in the input, of one clip, and their frame
    numbers differ by one. A process must be given whole clips.
    """

    # A step may begin in the previous batch, which torchmetrics' short cut in forward() forgets.
    full_state_update = True
    order = 1

    def __init__(self, groups: int = 1, **kwargs: Any) -> None:
        super().__init__(groups, **kwargs)
        self._tail: tuple[Tensor, Tensor, Tensor, Tensor] | None = None

    def reset(self) -> None:
        """Forget all frames."""
        self._tail = None
        super().reset()

    @abstractmethod
    def error(self, pred: Frames, target: Frames) -> Float[Tensor, " steps"]:
        """Return one number per step, from float64 poses in order."""

    def update(
        self,
        pred: Frames,
        target: Frames,
        clip: Int[Tensor, " frames"],
        frame: Int[Tensor, " frames"],
        groups: Groups | None = None,
    ) -> None:
        """Add frames.

        Args:
            pred: Predicted root-relative poses, millimetres.
            target: True root-relative poses, millimetres.
            clip: Clip id of each frame.
            frame: Number of each frame in its clip.
            groups: Group id of each frame; all in group 0 where not given.
        """
        new = (pred.double(), target.double(), clip, frame)
        old = self._tail or tuple(x[:0] for x in new)
        pred, target, clip, frame = (torch.cat(pair) for pair in zip(old, new, strict=True))
        self._tail = tuple(x[-self.order :] for x in (pred, target, clip, frame))  # type: ignore[assignment]
        if len(frame) <= self.order:
            return
        together = clip[self.order :] == clip[: -self.order]
        together &= frame[self.order :] - frame[: -self.order] == self.order
        errors = self.error(pred, target)[together]
        # A step belongs to its last frame, which is always one of the new ones.
        self.add(errors, None if groups is None else groups[-len(together) :][together])


class MPJVE(SequenceMetric):
    """Mean per-joint velocity error, millimetres per frame."""

    def error(self, pred: Frames, target: Frames) -> Float[Tensor, " steps"]:
        """See :func:`lifting.metrics.functional.velocity_error`."""
        return functional.velocity_error(pred, target)


class AccelerationError(SequenceMetric):
    """Mean per-joint acceleration error, millimetres per frame squared."""

    order = 2

    def error(self, pred: Frames, target: Frames) -> Float[Tensor, " steps"]:
        """See :func:`lifting.metrics.functional.acceleration_error`."""
        return functional.acceleration_error(pred, target)


class JointMPJPE(Metric):
    """Position error of each joint, millimetres.

    Args:
        joints: Number of joints.
    """

    full_state_update = False
    higher_is_better = False
    total: Tensor
    count: Tensor

    def __init__(self, joints: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        zeros = torch.zeros(joints, dtype=torch.float64)
        self.add_state("total", zeros, dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.set_dtype(torch.float64)

    def update(self, pred: Frames, target: Frames) -> None:
        """Add frames of root-relative poses."""
        self.total += functional.joint_error(pred.double(), target.double()).sum(0)
        self.count += len(pred)

    def compute(self) -> Float[Tensor, " joints"]:
        """Return the mean error of each joint."""
        return self.total / self.count
