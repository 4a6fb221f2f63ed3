"""The evaluation of 2D detectors: every metric of keypoints at once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import torch
from jaxtyping import Float, Int, Integer
from torch import Tensor

from lifting.metrics.classes import FrameMean, GroupedMean
from lifting.metrics.evaluation import Action, EvaluationResult, FrameEvaluation
from lifting.metrics.keypoints import error_names, keypoint_errors
from lifting.metrics.oks import PRECISIONS, AveragePrecision, deviations, oks, person_score
from lifting.skeletons import Skeleton, skeleton


class JointMean(GroupedMean):
    """The mean of numbers of single joints, over those that count; NaN marks the others.

    So somebody of whom half the joints are labelled counts half, as in the published evaluations.

    Args:
        joints: Number of joints.
        groups: Number of groups; group ids count from 0.
    """

    def __init__(self, joints: int, groups: int = 1, **kwargs: Any) -> None:
        # The sums of the base class are of groups: here of every joint in every group.
        super().__init__(groups * joints, **kwargs)
        self.joints = joints

    def update(
        self, values: Float[Tensor, "frames joints"], groups: Int[Tensor, " frames"] | None = None
    ) -> None:
        """Add frames.

        Args:
            values: One number per joint, NaN where it does not count.
            groups: Group id of each frame; all in group 0 where not given.
        """
        joint = torch.arange(self.joints, device=values.device)
        first = 0 if groups is None else self.joints * groups[:, None]
        known = ~values.isnan()
        self.add(values[known], (first + joint).expand_as(values)[known])

    def by_group(self) -> tuple[Float[Tensor, " groups"], Float[Tensor, " groups"]]:
        """Return mean and number of joints of each group, over all processes."""
        return self._means(-1)

    def by_joint(self) -> Float[Tensor, " joints"]:
        """Return the mean of each joint, over all processes."""
        return self._means(0)[0]

    def _means(self, over: int) -> tuple[Tensor, Tensor]:
        with self.sync_context(dist_sync_fn=self.dist_sync_fn):
            total, count = (x.view(-1, self.joints).sum(over) for x in (self.total, self.count))
        return total / count, count


class KeypointEvaluation(FrameEvaluation):
    """Accumulates every metric of 2D keypoints over the people of an evaluation.

    ``epe`` is in pixels of the whole image, all else in percent. A frame is a person on an image; those
    with no labelled joint are left out. Where a joint set lacks a head there is no ``pckh``, where it
    has a joint without a published constant there are no ``oks``, ``ap``, ``ap50``, ``ap75`` and ``ar``.
    ``joints`` is the PDJ of each joint.

    Args:
        actions: Names of the actions; a frame's action id is an index into them.
        joints: The joint set, or its name.
        full: All metrics, or only those that validation during training needs: ``epe`` and ``pdj``.
    """

    def __init__(self, actions: Sequence[str], joints: str | Skeleton, full: bool = True) -> None:
        super().__init__(actions, [])
        self.joint_set = skeleton(joints) if isinstance(joints, str) else joints
        self.full = full
        self.constants = deviations(self.joint_set) if full else None
        groups = len(self.actions)
        for name in error_names(self.joint_set, full):
            self.metrics[name] = JointMean(len(self.joint_set), groups)
        self.people = FrameMean(groups)
        if self.constants:
            self.metrics["oks"] = FrameMean(groups)
            self.precision = AveragePrecision(groups)

    def update(
        self,
        pred: Float[Tensor, "people joints 2"],
        confidence: Float[Tensor, "people joints"],
        target: Float[Tensor, "people joints 2"],
        visibility: Integer[Tensor, "people joints"],
        box: Float[Tensor, "people 4"],
        action: Action,
    ) -> None:
        """Add people; pixels of the whole image.

        Args:
            pred: Predicted keypoints.
            confidence: How sure each of them is, 0 to 1.
            target: True keypoints.
            visibility: 0 where a joint is not labelled.
            box: Left, top, right, bottom.
            action: Action id of each.
        """
        labelled = visibility > 0
        pred, target, box = pred.double(), target.double(), box.double()
        errors = keypoint_errors(pred, target, labelled, box, self.joint_set, self.full)
        for name, values in errors.items():
            cast(JointMean, self.metrics[name]).update(values, action)
        known = labelled.any(-1)
        self.people.update(known[known].double(), action[known])
        if self.constants:
            similarity = oks(pred, target, labelled, box, self.constants)
            self.add({"oks": 100 * similarity[known]}, action[known])
            self.precision.update(similarity, person_score(confidence.double()), action)

    def compute(self) -> EvaluationResult:
        """Return the result over all processes."""
        result = super().compute()
        if not self.constants:
            return result
        precision = self.precision.compute().tolist()
        seen = [precision[self.actions.index(action)] for action in result.actions]
        rows = {name: [row[i] for row in seen] for i, name in enumerate(PRECISIONS)}
        means = dict(zip(PRECISIONS, precision[-1], strict=True))
        return replace(result, rows=result.rows | rows, frame_mean=result.frame_mean | means)

    def _frames(self) -> Float[Tensor, " actions"]:
        return self.people.by_group()[1]

    def _joints(self) -> list[float]:
        return cast(JointMean, self.metrics["pdj"]).by_joint().tolist()

    def reset(self) -> None:
        """Forget all people."""
        super().reset()
        self.people.reset()
        if self.constants:
            self.precision.reset()
