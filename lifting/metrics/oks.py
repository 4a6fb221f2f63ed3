"""Object keypoint similarity, and the average precision COCO computes from it.

COCO's evaluation of keypoints (Lin et al., ECCV 2014; https://cocodataset.org/#keypoints-eval).
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torchmetrics.utilities import dim_zero_cat

from lifting.geometry import in_float64
from lifting.metrics.aggregation import ExactMetric
from lifting.skeletons import Skeleton

# How far apart people label a joint: standard deviation over the root of the person's area. COCO's;
# head_top and neck are CrowdPose's (Li et al., CVPR 2019), whose other joints have those of COCO.
_EITHER_SIDE = {
    **{"eye": 0.025, "ear": 0.035, "shoulder": 0.079, "elbow": 0.072},
    **{"wrist": 0.062, "hip": 0.107, "knee": 0.087, "ankle": 0.089},
}
SIGMAS = {
    "nose": 0.026,
    "head_top": 0.079,
    "neck": 0.079,
    **{f"{side}_{joint}": s for joint, s in _EITHER_SIDE.items() for side in ("left", "right")},
}
# Area of a person over that of the box, where no segment was drawn (xtcocotools, mmpose).
AREA_OF_BOX = 0.53
# Joints of less confidence do not count in the score of a person (HRNet).
MIN_CONFIDENCE = 0.2

# Rounded as in pycocotools: a recall of 57 of 100 is less than the one asked for.
_RECALLS = torch.from_numpy(np.linspace(0.0, 1.0, 101))
_THRESHOLDS = torch.from_numpy(np.linspace(0.5, 0.95, 10))


def oks_sigmas(joints: Skeleton) -> list[float] | None:
    """Return COCO's constant of each joint; None where one of them has no published one."""
    known = [SIGMAS.get(joint) for joint in joints.joints]
    return [value for value in known if value is not None] if None not in known else None


def oks(
    pred: Float[Tensor, "people joints 2"],
    target: Float[Tensor, "people joints 2"],
    labelled: Bool[Tensor, "people joints"],
    box: Float[Tensor, "people 4"],
    sigmas: Iterable[float],
) -> Float[Tensor, " people"]:
    """Object keypoint similarity, 0 to 1: the mean of ``exp(-d² / (2 area (2 s)²))`` of labelled joints.

    The constants ``s`` are of :func:`oks_sigmas`. The area of a person is 0.53 times that of the box:
    left, top, right, bottom. NaN where nothing is labelled. A joint that was not detected (NaN) has
    similarity 0.
    """
    area = AREA_OF_BOX * (box[:, 2:] - box[:, :2]).prod(-1)
    widths = 2 * pred.new_tensor(list(sigmas))
    # The last number keeps a box of no area from dividing by zero, as in pycocotools.
    scale = 2 * widths**2 * (area[:, None] + torch.finfo(torch.float64).eps)
    similarity = (-(pred - target).square().sum(-1) / scale).exp().nan_to_num(nan=0.0)
    return torch.where(labelled, similarity, torch.nan).nanmean(-1)


def person_score(confidence: Float[Tensor, "people joints"]) -> Float[Tensor, " people"]:
    """Return the score of each person: the mean confidence of joints above 0.2, as in HRNet."""
    counted = confidence > MIN_CONFIDENCE
    return torch.where(counted, confidence, 0.0).sum(-1) / counted.sum(-1).clamp_min(1)


def average_precision(
    similarity: Float[Tensor, " people"], score: Float[Tensor, " people"]
) -> Float[Tensor, " 4"]:
    """Return AP, AP50, AP75 and AR, 0 to 1, of one prediction per annotated person; NaN without people.

    Predictions are ranked by score; one is right at a threshold if its similarity reaches it. Precision
    is interpolated at 101 recalls; AP and AR are means over the thresholds 0.5, 0.55, …, 0.95.

    As pycocotools where every detection belongs to the person that it was made for. Different by intent:
    a prediction is compared with no other person; people of equal score make one step of the curve, so
    that their order does not matter; there are no crowds, sizes and limits per image.
    """
    people = len(similarity)
    if people == 0:
        return similarity.new_full((4,), torch.nan)
    # Worst first among equal scores: then interpolation keeps precisions of whole steps only.
    worst_first = similarity.argsort()
    order = worst_first[score[worst_first].argsort(descending=True, stable=True)]
    right = similarity[order] >= _THRESHOLDS.to(similarity)[:, None]
    hits = right.to(similarity.dtype).cumsum(-1)
    precision = hits / torch.arange(1, people + 1).to(similarity)
    best = precision.flip(-1).cummax(-1).values.flip(-1)
    recall = hits / people
    first = torch.searchsorted(recall, _RECALLS.to(similarity).expand(10, -1).contiguous())
    # A recall that is never reached has precision 0.
    ap = torch.cat([best, torch.zeros_like(best[:, :1])], -1).gather(-1, first).mean(-1)
    return torch.stack([ap.mean(), ap[0], ap[5], recall[:, -1].mean()])


class AveragePrecision(ExactMetric):
    """AP, AP50, AP75 and AR in percent, of groups of people and of all (:func:`average_precision`)."""

    full_state_update = False
    higher_is_better = True
    similarity: list[Tensor]
    score: list[Tensor]
    group: list[Tensor]

    def __init__(self, groups: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.groups = groups
        # All of them float64, as torchmetrics gives a process that saw nobody empty ones of one kind.
        for name in ("similarity", "score", "group"):
            self.add_state(name, [], dist_reduce_fx="cat")
        self.set_dtype(torch.float64)

    def update(
        self,
        similarity: Float[Tensor, " people"],
        score: Float[Tensor, " people"],
        groups: Int[Tensor, " people"],
    ) -> None:
        """Add people by similarity (OKS), score and group; those of similarity NaN do not count."""
        known = ~similarity.isnan()
        self.similarity.append(in_float64(similarity[known]))
        self.score.append(in_float64(score[known.to(score.device)]))
        self.group.append(in_float64(groups[known.to(groups.device)]))

    def compute(self) -> Float[Tensor, "rows 4"]:
        """Return the numbers of each group, then of all people; NaN where there is nobody."""
        if not len(self.similarity):
            nobody = torch.full((self.groups + 1, 4), torch.nan, dtype=torch.float64)
            return nobody.to(self.device)
        similarity, score, group = map(dim_zero_cat, (self.similarity, self.score, self.group))
        members = [group == g for g in range(self.groups)] + [torch.ones_like(group).bool()]
        return 100 * torch.stack([average_precision(similarity[m], score[m]) for m in members])
