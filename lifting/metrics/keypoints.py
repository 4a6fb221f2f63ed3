"""Errors of 2D keypoints, in pixels of the whole image, as pure functions.

All of them are of single joints, ``(people, joints)``, and NaN where a joint does not count: where it is
not labelled, or where its person lacks what distances are measured by. What papers print is the mean
over all joints that count (:class:`lifting.metrics.aggregation.JointMean`). A labelled joint that was
not detected (NaN) is infinitely far away, never left out.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lifting.errors import InputError
from lifting.skeletons import Skeleton

Points = Float[Tensor, "people joints 2"]
Labelled = Bool[Tensor, "people joints"]
PerJoint = Float[Tensor, "people joints"]
PerPerson = Float[Tensor, " people"]
Boxes = Float[Tensor, "people 4"]

PDJ_FRACTION, PCKH_FRACTION, PCK_FRACTION = 0.2, 0.5, 0.2
# The torso of PDJ.
TORSO = ("left_shoulder", "right_hip")
# MPII's mean is over the other fourteen of its sixteen joints.
_NOT_IN_PCKH = ("pelvis", "chest")
# Top and lower end of the head. Human3.6M's thorax lies where MPII's upper neck does.
_HEAD_TOPS, _NECKS = ("head_top", "head"), ("neck", "thorax", "neck_base")


def epe(pred: Points, target: Points, labelled: Labelled) -> PerJoint:
    """End-point error: the distance of every labelled joint from its target, pixels.

    Args:
        pred: Predicted keypoints.
        target: True keypoints; any number where not labelled.
        labelled: Which joints have a true position.

    Example:
        >>> pred, target = torch.zeros(1, 2, 2), torch.tensor([[[3.0, 4.0], [9.0, 9.0]]])
        >>> epe(pred, target, torch.tensor([[True, False]]))
        tensor([[5., nan]])
    """
    distance = (pred - target).norm(dim=-1)
    distance = torch.where(distance.isnan(), torch.inf, distance)
    return torch.where(labelled, distance, torch.nan)


def pdj(
    pred: Points,
    target: Points,
    labelled: Labelled,
    joints: Skeleton,
    fraction: float = PDJ_FRACTION,
    all_joints: bool = False,
) -> PerJoint:
    """Percentage of detected joints (Toshev and Szegedy, CVPR 2014): 100 where near, else 0.

    The limit is a fraction of the true torso, from left shoulder to right hip. People of whom one of
    these is not labelled do not count.

    Args:
        pred: Predicted keypoints.
        target: True keypoints.
        labelled: Which joints have a true position.
        joints: The joint set.
        fraction: Fraction of the torso; a joint exactly that far is out.
        all_joints: Legacy: count joints that are not labelled too, where they have a position, as
            outside of the image in Human3.6M (L2D-Pose).
    """
    limit = fraction * _length(target, labelled, joints.indices(TORSO))
    counted = labelled | target.isfinite().all(-1) if all_joints else labelled
    return _near(epe(pred, target, counted), limit)


def pckh(
    pred: Points,
    target: Points,
    labelled: Labelled,
    joints: Skeleton,
    fraction: float = PCKH_FRACTION,
) -> PerJoint:
    """PCKh (Andriluka et al., CVPR 2014): 100 where a joint is within a fraction of the head, else 0.

    Pelvis and chest do not count, as in MPII's mean. Nor do people whose head is not labelled.

    Args:
        pred: Predicted keypoints.
        target: True keypoints.
        labelled: Which joints have a true position.
        joints: A joint set that has a :func:`head_segment`.
        fraction: Fraction of the head; a joint exactly that far is in, unlike in PDJ and PCK.

    Raises:
        InputError: If there is no head to measure by.
    """
    segment = head_segment(joints)
    if segment is None:
        raise InputError(
            f"PCKh is relative to the head, whose ends '{joints.name}' has not",
            remedy="choose a joint set that has them.",
        )
    size = _length(target, labelled, joints.indices(segment))
    left_out = [joint in _NOT_IN_PCKH for joint in joints.joints]
    counted = labelled & ~torch.tensor(left_out, device=labelled.device)
    distance, limit = epe(pred, target, counted), (fraction * size)[:, None]
    return _score(distance <= limit, distance, limit)


def pck(
    pred: Points, target: Points, labelled: Labelled, box: Boxes, fraction: float = PCK_FRACTION
) -> PerJoint:
    """PCK (Yang and Ramanan, TPAMI 2013): 100 where a joint is near by the box, else 0.

    Args:
        pred: Predicted keypoints.
        target: True keypoints.
        labelled: Which joints have a true position.
        box: Left, top, right, bottom of the person.
        fraction: Fraction of the larger side; a joint exactly that far is out.
    """
    side = (box[:, 2:] - box[:, :2]).amax(-1)
    return _near(epe(pred, target, labelled), fraction * side)


def head_segment(joints: Skeleton) -> tuple[str, str] | None:
    """Return the joints at both ends of the head, the top first; None where a joint set lacks one."""
    tops = [joint for joint in _HEAD_TOPS if joint in joints.joints]
    necks = [joint for joint in _NECKS if joint in joints.joints]
    return (tops[0], necks[0]) if tops and necks else None


def _length(target: Points, labelled: Labelled, ends: list[int]) -> PerPerson:
    """Return the distance between two joints; NaN where one of them is not labelled."""
    first, second = ends
    length = (target[:, first] - target[:, second]).norm(dim=-1)
    return torch.where(labelled[:, ends].all(-1), length, torch.nan)


def _near(distance: PerJoint, limit: PerPerson) -> PerJoint:
    limit = limit[:, None]
    return _score(distance < limit, distance, limit)


def _score(hit: Labelled, distance: PerJoint, limit: Float[Tensor, "people 1"]) -> PerJoint:
    return torch.where((distance + limit).isnan(), torch.nan, 100 * hit.to(distance.dtype))
