"""All metrics of an evaluation at once, with the table they make."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from jaxtyping import Float, Int
from torch import Tensor, nn

from lifting.metrics.classes import (
    MPJVE,
    AccelerationError,
    FrameMean,
    GroupedMean,
    JointMPJPE,
    SequenceMetric,
)
from lifting.metrics.functional import FRAME_ERRORS, FULL_FRAME_ERRORS, frame_errors


@dataclass(frozen=True)
class EvaluationResult:
    """What an evaluation found.

    Attributes:
        actions: Names of the actions that occurred, in the order of the rows.
        frames: Number of frames of each action.
        rows: For each metric one value per action.
        frame_mean: For each metric the mean over all frames.
        joints: MPJPE of each joint.
    """

    actions: list[str]
    frames: list[int]
    rows: dict[str, list[float]]
    frame_mean: dict[str, float]
    joints: list[float]

    @property
    def action_mean(self) -> dict[str, float]:
        """For each metric the mean of the actions' means, the number papers print."""
        return {
            name: sum(values) / len(values) if values else float("nan")
            for name, values in self.rows.items()
        }


class Evaluation(nn.Module):
    """Accumulates every metric over the frames of an evaluation.

    Args:
        actions: Names of the actions; a frame's action id is an index into them.
        joints: Number of joints.
        full: All metrics, or only the two that validation during training needs.
    """

    def __init__(self, actions: Sequence[str], joints: int, full: bool = True) -> None:
        super().__init__()
        self.actions = list(actions)
        groups = len(self.actions)
        names = FULL_FRAME_ERRORS if full else FRAME_ERRORS
        metrics: dict[str, GroupedMean] = {name: FrameMean(groups=groups) for name in names}
        if full:
            metrics |= {"mpjve": MPJVE(groups), "acceleration": AccelerationError(groups)}
        self.full = full
        self.metrics = nn.ModuleDict(metrics)
        self.joint_mpjpe = JointMPJPE(joints)

    def update(
        self,
        pred: Float[Tensor, "frames joints 3"],
        target: Float[Tensor, "frames joints 3"],
        action: Int[Tensor, " frames"],
        clip: Int[Tensor, " frames"],
        frame: Int[Tensor, " frames"],
    ) -> None:
        """Add frames of root-relative poses, millimetres, in the order of their clips."""
        pred, target = pred.double(), target.double()
        errors = frame_errors(pred, target, self.full)
        for name, metric in self._grouped().items():
            if isinstance(metric, SequenceMetric):
                metric.update(pred, target, clip, frame, action)
            elif isinstance(metric, FrameMean):
                metric.update(errors[name], action)
        self.joint_mpjpe.update(pred, target)

    def compute(self) -> EvaluationResult:
        """Return the result over all processes."""
        rows, means = {}, {}
        metrics = self._grouped()
        counts = metrics["mpjpe"].by_group()[1]
        seen = counts.nonzero().squeeze(-1).tolist()
        for name, metric in metrics.items():
            by_group, _ = metric.by_group()
            rows[name] = [float(by_group[i]) for i in seen]
            means[name] = float(metric.compute()) if len(seen) else float("nan")
        return EvaluationResult(
            actions=[self.actions[i] for i in seen],
            frames=[int(counts[i]) for i in seen],
            rows=rows,
            frame_mean=means,
            joints=self.joint_mpjpe.compute().tolist(),
        )

    def reset(self) -> None:
        """Forget all frames."""
        for metric in (*self._grouped().values(), self.joint_mpjpe):
            metric.reset()

    def _grouped(self) -> dict[str, GroupedMean]:
        # A ModuleDict forgets what its modules are.
        return cast(dict[str, GroupedMean], dict(self.metrics.items()))
