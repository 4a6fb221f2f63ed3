"""Evaluation of 2D detectors: of their keypoints, and of the poses that lifters make of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from lifting.geometry import in_float64
from lifting.metrics import registry
from lifting.metrics.aggregation import FrameMean, JointMean
from lifting.metrics.evaluation import Action, EvaluationResult, FrameEvaluation
from lifting.metrics.functional import mpjpe, pa_mpjpe
from lifting.metrics.oks import AveragePrecision, oks_sigmas, person_score
from lifting.metrics.pairs import KeypointPair
from lifting.metrics.registry import Metric
from lifting.skeletons import Skeleton, skeleton

Poses = Mapping[str, Float[Tensor, "frames joints 3"]]

_ERRORS = {"mpjpe": mpjpe, "pa_mpjpe": pa_mpjpe}


class KeypointEvaluation(FrameEvaluation):
    """Accumulates every metric of 2D keypoints over the people of an evaluation.

    ``epe`` is in pixels of the whole image, all else in percent. A frame is a person on an image; those
    with no labelled joint are left out. Where a joint set lacks a head there is no ``pckh``, where it
    has a joint without a published constant there are no ``oks``, ``ap``, ``ap50``, ``ap75`` and ``ar``.

    Args:
        actions: Names of the actions; a frame's action id is an index into them.
        joints: The joint set, or its name.
        full: All metrics, or only those that validation during training needs: ``epe`` and ``pdj``.
    """

    def __init__(self, actions: Sequence[str], joints: str | Skeleton, full: bool = True) -> None:
        super().__init__(actions, [])
        self.joint_set = skeleton(joints) if isinstance(joints, str) else joints
        self.full = full
        groups = len(self.actions)
        for m in self._measured(registry.keypoints.KEYPOINTS):
            self.metrics[m.name] = JointMean(len(self.joint_set), groups)
        for m in self._measured(registry.keypoints.PEOPLE):
            self.metrics[m.name] = FrameMean(groups)
        self.people = FrameMean(groups)
        self.precision: AveragePrecision | None = None
        if full and oks_sigmas(self.joint_set) is not None:
            self.precision = AveragePrecision(groups)

    def _measured(self, metrics: Sequence[Metric[[KeypointPair]]]) -> list[Metric[[KeypointPair]]]:
        """Return those of the metrics that are measured of this joint set."""
        return [m for m in metrics if (self.full or m.validation) and m.suits(self.joint_set)]

    def update(
        self,
        pred: Float[Tensor, "people joints 2"],
        confidence: Float[Tensor, "people joints"],
        target: Float[Tensor, "people joints 2"],
        visibility: Integer[Tensor, "people joints"],
        box: Float[Tensor, "people 4"],
        action: Action,
    ) -> None:
        """Add people; pixels of the whole image, boxes as left, top, right, bottom.

        Confidences are from 0 to 1; the visibility of a joint that is not labelled is 0.
        """
        pred, target, box, confidence = (in_float64(x) for x in (pred, target, box, confidence))
        labelled, action = (visibility > 0).to(pred.device), action.to(pred.device)
        pair = KeypointPair(pred, target, labelled, box, self.joint_set)
        for m in self._measured(registry.keypoints.KEYPOINTS):
            cast(JointMean, self.metrics[m.name]).update(m(pair), action)
        known = labelled.any(-1)
        self.people.update(known[known].double(), action[known])
        people = {m.name: m(pair)[known] for m in self._measured(registry.keypoints.PEOPLE)}
        self.add(people, action[known])
        if self.precision is not None:
            self.precision.update(pair.similarity, person_score(confidence), action)

    def compute(self) -> EvaluationResult:
        """Return the result over all processes."""
        result = super().compute()
        if self.precision is None:
            return result
        precision = self.precision.compute().tolist()
        names = [metric.name for metric in registry.keypoints.PRECISIONS]
        by_action = [precision[self.actions.index(action)] for action in result.actions]
        rows = {name: [row[i] for row in by_action] for i, name in enumerate(names)}
        means = dict(zip(names, precision[-1], strict=True))
        return replace(result, rows=result.rows | rows, frame_mean=result.frame_mean | means)

    def _frames(self) -> Float[Tensor, " actions"]:
        return self.people.by_group()[1]

    def reset(self) -> None:
        """Forget all people."""
        super().reset()
        self.people.reset()
        if self.precision is not None:
            self.precision.reset()


class LiftedEvaluation(KeypointEvaluation):
    """Accumulates the metrics of keypoints, and those of poses through each lifter.

    The latter are :data:`lifting.metrics.registry.keypoints.LIFTED`; there is a median only where all
    lifters have the same joints.

    Args:
        actions: Names of the actions; a frame's action id is an index into them.
        keypoints: Joint set of the keypoints.
        lifters: Names of the lifters.
        guides: Those that training uses; all of them where it uses none.
        same_joints: Whether all of them lift to the same joints, so that they have a median.
        full: All metrics, or only those that validation during training needs.
    """

    def __init__(
        self,
        actions: Sequence[str],
        keypoints: str,
        lifters: Sequence[str],
        guides: Sequence[str],
        same_joints: bool = True,
        full: bool = True,
    ) -> None:
        super().__init__(actions, keypoints, full)
        self.guides = list(guides or lifters)
        self.unseen = [name for name in lifters if name not in self.guides]
        self.has_median = same_joints and len(lifters) > 1
        kinds = ["", *(f"_{name}" for name in lifters)] if lifters else []
        kinds += ["_unseen"] if self.unseen else []
        kinds += ["_median"] if self.has_median else []
        kinds += [f"_truth_{name}" for name in lifters] if full else []
        for kind in kinds:
            for name in _ERRORS:
                self.metrics[name + kind] = FrameMean(groups=len(self.actions))

    def update_lifted(self, lifted: Poses, exact: Poses, truth: Poses, action: Action) -> None:
        """Add root-relative poses of frames, millimetres, by lifter.

        ``lifted`` are of the detected keypoints, ``exact`` of the true ones, which are needed for all
        metrics only. The true poses are in the joints of each lifter.
        """
        for name, error in _ERRORS.items():
            own = {k: error(in_float64(pose), in_float64(truth[k])) for k, pose in lifted.items()}
            values = {f"{name}_{k}": value for k, value in own.items()}
            values[name] = torch.stack([own[k] for k in self.guides]).mean(0)
            if self.unseen:
                values[f"{name}_unseen"] = torch.stack([own[k] for k in self.unseen]).mean(0)
            if self.has_median:
                median = torch.stack([in_float64(pose) for pose in lifted.values()]).quantile(
                    0.5, 0
                )
                values[f"{name}_median"] = error(median, in_float64(next(iter(truth.values()))))
            for k, pose in exact.items():
                values[f"{name}_truth_{k}"] = error(in_float64(pose), in_float64(truth[k]))
            self.add(values, action)
