"""Evaluation of detected keypoints, and of the poses that lifters make of them."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.metrics.aggregation import FrameMean
from lifting.metrics.evaluation import Action
from lifting.metrics.functional import mpjpe, pa_mpjpe
from lifting.metrics.keypoint_evaluation import KeypointEvaluation

Poses = Mapping[str, Float[Tensor, "frames joints 3"]]

_ERRORS = {"mpjpe": mpjpe, "pa_mpjpe": pa_mpjpe}


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

        Args:
            lifted: Of the detected keypoints.
            exact: Of the true keypoints; needed for all metrics only.
            truth: The true poses, in the joints of each lifter.
            action: Action of each frame.
        """
        for name, error in _ERRORS.items():
            own = {k: error(pose.double(), truth[k].double()) for k, pose in lifted.items()}
            values = {f"{name}_{k}": value for k, value in own.items()}
            values[name] = torch.stack([own[k] for k in self.guides]).mean(0)
            if self.unseen:
                values[f"{name}_unseen"] = torch.stack([own[k] for k in self.unseen]).mean(0)
            if self.has_median:
                median = torch.stack([pose.double() for pose in lifted.values()]).quantile(0.5, 0)
                values[f"{name}_median"] = error(median, next(iter(truth.values())).double())
            for k, pose in exact.items():
                values[f"{name}_truth_{k}"] = error(pose.double(), truth[k].double())
            self.add(values, action)
