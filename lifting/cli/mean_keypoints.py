"""The command ``lifting mean-keypoints``: errors of the mean keypoints, a floor for detectors.

The mean is taken in boxes: left and upper edge are 0, right and lower edge 1.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lifting.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from datamodules.crops.records import ImageRecords
    from lifting.metrics import EvaluationResult


def _corner_and_size(box: "Tensor") -> "tuple[Tensor, Tensor]":
    corner, end = box[:, None, :2], box[:, None, 2:]
    return corner, end - corner


def evaluate(train: "ImageRecords", test: "ImageRecords") -> "EvaluationResult":
    """Return the errors of the mean of the training people on those of the test.

    Raises:
        InputError: If a joint is labelled on nobody who is trained on.
    """
    import torch

    from lifting.metrics import KeypointEvaluation

    seen = (train.columns["visibility"] > 0)[..., None]
    counts = seen.sum(0)
    if not counts.all():
        raise InputError("A joint is labelled on nobody who is trained on: choose other subjects.")
    corner, size = _corner_and_size(train.columns["box"])
    fractions = (train.columns["keypoints"] - corner) / size
    mean = torch.where(seen, fractions, 0).sum(0) / counts
    box, action = test.columns["box"], test.columns["action"]
    target, visibility = test.columns["keypoints"], test.columns["visibility"]
    corner, size = _corner_and_size(box)
    predicted = corner + mean * size
    evaluation = KeypointEvaluation(test.names["action"], test.info.skeleton)
    confidence = torch.ones_like(predicted[..., 0])
    evaluation.update(predicted, confidence, target, visibility, box, action)
    return evaluation.compute()


def mean_keypoints(index: str, joints: str, train: Sequence[str], test: Sequence[str]) -> None:
    """Print the errors of the mean keypoints of the training people, a floor for detectors.

    Args:
        index: The index that `lifting prepare images` writes.
        joints: Joint set to evaluate in.
        train: Subjects to take the mean of, such as '[train]'.
        test: Subjects to test on.
    """
    from datamodules.crops.index import read_index

    records = read_index(index).converted(joints)
    people = [records.taken(records.rows_of(list(names))) for names in (train, test)]
    for name, value in evaluate(*people).frame_mean.items():
        print(f"{name:>16} {value:8.2f}")
