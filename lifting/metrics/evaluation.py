"""Evaluations that accumulate every metric of their frames, and the table that results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from jaxtyping import Float, Int
from torch import Tensor, nn

from lifting.geometry import in_float64
from lifting.metrics import registry
from lifting.metrics.aggregation import FrameMean, GroupedMean, SequenceMean
from lifting.metrics.pairs import PosePair

Action = Int[Tensor, " frames"]


@dataclass(frozen=True)
class EvaluationResult:
    """Result of an evaluation: every metric by action, and over all frames.

    Attributes:
        actions: Names of the actions that occurred, in the order of the rows.
        frames: Number of frames of each action.
        rows: For each metric one value per action.
        frame_mean: For each metric the mean over all frames.
        grouping: Kind of the rows.
    """

    actions: list[str]
    frames: list[int]
    rows: dict[str, list[float]]
    frame_mean: dict[str, float]
    grouping: str = "action"

    @property
    def action_mean(self) -> dict[str, float]:
        """For each metric the mean of the actions' means, the number papers print."""
        known = {n: [v for v in values if v == v] for n, values in self.rows.items()}
        return {n: sum(v) / len(v) if v else float("nan") for n, v in known.items()}


class FrameEvaluation(nn.Module):
    """Accumulates numbers of single frames over an evaluation.

    Args:
        actions: Names of the actions; a frame's action id is an index into them.
        names: Names of the numbers.
        grouping: Kind of the groups, if not actions.
    """

    def __init__(
        self, actions: Sequence[str], names: Sequence[str], grouping: str = "action"
    ) -> None:
        super().__init__()
        self.actions = list(actions)
        self.grouping = grouping
        self.metrics = nn.ModuleDict({name: FrameMean(groups=len(actions)) for name in names})

    def add(self, values: Mapping[str, Float[Tensor, " frames"]], action: Action) -> None:
        """Add one value per frame for each name, or for those of them that these frames have."""
        for name, metric in self._grouped().items():
            if isinstance(metric, FrameMean) and name in values:
                metric.update(values[name], action)

    def compute(self) -> EvaluationResult:
        """Return the result over all processes."""
        rows, means = {}, {}
        counts = self._frames()
        seen = counts.nonzero().squeeze(-1).tolist()
        for name, metric in self._grouped().items():
            by_group, _ = metric.by_group()
            rows[name] = [float(by_group[i]) for i in seen]
            means[name] = float(metric.compute()) if len(seen) else float("nan")
        return EvaluationResult(
            actions=[self.actions[i] for i in seen],
            frames=[int(counts[i]) for i in seen],
            rows=rows,
            frame_mean=means,
            grouping=self.grouping,
        )

    def _frames(self) -> Float[Tensor, " actions"]:
        # Every frame counts in the first metric; steps between frames are fewer.
        return next(iter(self._grouped().values())).by_group()[1]

    def reset(self) -> None:
        """Forget all frames."""
        for metric in self._grouped().values():
            metric.reset()

    def _grouped(self) -> dict[str, GroupedMean]:
        # A ModuleDict forgets what its modules are.
        return cast(dict[str, GroupedMean], dict(self.metrics.items()))


class Evaluation(FrameEvaluation):
    """Accumulates every metric of poses over the frames of an evaluation.

    If not ``full``, only those that validation during training needs.
    """

    def __init__(self, actions: Sequence[str], full: bool = True) -> None:
        super().__init__(actions, [m.name for m in registry.poses.POSES if full or m.validation])
        for m in registry.poses.MOTION:
            if m.function is not None and (full or m.validation):
                self.metrics[m.name] = SequenceMean(m.function, m.order, len(self.actions))

    def update(
        self,
        pred: Float[Tensor, "frames joints 3"],
        target: Float[Tensor, "frames joints 3"],
        action: Action,
        clip: Int[Tensor, " frames"],
        frame: Int[Tensor, " frames"],
    ) -> None:
        """Add frames of root-relative poses, millimetres, in the order of their clips."""
        pred, target = in_float64(pred), in_float64(target)
        pair = PosePair(pred, target)
        self.add({m.name: m(pair) for m in registry.poses.POSES if m.name in self.metrics}, action)
        for metric in self._grouped().values():
            if isinstance(metric, SequenceMean):
                metric.update(pred, target, clip, frame, action)


def completion_errors(
    pred: Float[Tensor, "frames joints 3"],
    target: Float[Tensor, "frames joints 3"],
    hidden: list[int],
) -> dict[str, Float[Tensor, " frames"]]:
    """Return errors over all joints, and after the same alignment over the hidden ones, if any."""
    pair = PosePair(pred, target)
    errors = {metric.name: metric(pair) for metric in registry.poses.COMPLETION}
    if hidden:
        errors |= {metric.name: metric(pair, hidden) for metric in registry.poses.HIDDEN}
    return errors
