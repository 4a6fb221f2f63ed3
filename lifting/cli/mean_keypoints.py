"""The command ``lifting mean-keypoints``: errors of a detector that never looks.

The mean is taken in boxes: left and upper edge are 0, right and lower edge 1.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lifting.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from datamodules.crops.records import ImageRecords
    from lifting.metrics import EvaluationResult


def in_box(points: "Tensor", box: "Tensor") -> "Tensor":
    """Return pixels as fractions of the box."""
    corner, end = box[:, None, :2], box[:, None, 2:]
    return (points - corner) / (end - corner)


def in_pixels(fractions: "Tensor", box: "Tensor") -> "Tensor":
    """Return fractions of the box as pixels."""
    corner, end = box[:, None, :2], box[:, None, 2:]
    return corner + fractions * (end - corner)


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
    fractions = in_box(train.columns["keypoints"], train.columns["box"])
    mean = torch.where(seen, fractions, 0).sum(0) / counts
    box, target = test.columns["box"], test.columns["keypoints"]
    predicted = in_pixels(mean.expand_as(target), box)
    evaluation = KeypointEvaluation(test.names["action"], test.info.skeleton)
    evaluation.update(
        predicted,
        torch.ones_like(predicted[..., 0]),
        target,
        test.columns["visibility"],
        box,
        test.columns["action"],
    )
    return evaluation.compute()


def mean_keypoints(index: str, joints: str, train: Sequence[str], test: Sequence[str]) -> None:
    """Print the errors of a detector that never looks: everybody has the mean of the training people.

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
