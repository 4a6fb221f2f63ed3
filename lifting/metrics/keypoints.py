"""Errors of 2D keypoints, in pixels of the whole image, as pure functions.

All of them are of single joints, ``(people, joints)``, and NaN where a joint does not count: where it is
not labelled, or where its person lacks what distances are measured by. What papers print is the mean
over all joints that count (:class:`lifting.metrics.aggregation.JointMean`). A labelled joint that was
not detected (NaN) is infinitely far away, never left out. ``labelled`` says which joints have a true
position; where they have none, ``target`` is any number.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from lifting.errors import InputError
from lifting.on_device import constant
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

    Example:
        >>> pred, target = torch.zeros(1, 2, 2), torch.tensor([[[3.0, 4.0], [9.0, 9.0]]])
        >>> epe(pred, target, torch.tensor([[True, False]]))
        tensor([[5., nan]])
    """
    distance = (pred - target).norm(dim=-1)
    distance = torch.where(distance.isnan(), torch.inf, distance)
    return torch.where(labelled, distance, torch.nan)


def pdj(
    pred: Points, target: Points, labelled: Labelled, joints: Skeleton, all_joints: bool = False
) -> PerJoint:
    """Percentage of detected joints (Toshev and Szegedy, CVPR 2014): 100 where near, else 0.

    The limit is 0.2 of the true torso, from left shoulder to right hip; a joint exactly that far is out.
    People of whom one of these is not labelled do not count. Legacy, ``all_joints``: joints that are not
    labelled count, too, where they have a position, as outside of the image in Human3.6M (L2D-Pose).
    """
    limit = PDJ_FRACTION * _length(target, labelled, joints.indices(TORSO))
    counted = labelled | target.isfinite().all(-1) if all_joints else labelled
    return _near(epe(pred, target, counted), limit)


def pckh(pred: Points, target: Points, labelled: Labelled, joints: Skeleton) -> PerJoint:
    """PCKh (Andriluka et al., CVPR 2014): 100 where a joint is within half of the head, else 0.

    A joint exactly that far is in, unlike in PDJ and PCK. Pelvis and chest do not count, as in MPII's
    mean. Nor do people whose head is not labelled.

    Raises:
        InputError: If the joint set has no :func:`head_segment`.
    """
    segment = head_segment(joints)
    if segment is None:
        raise InputError("has no head to measure PCKh by", joints.name, "choose another joint set.")
    size = _length(target, labelled, joints.indices(segment))
    left_out = [joint in _NOT_IN_PCKH for joint in joints.joints]
    counted = labelled & ~constant(left_out, labelled.device, torch.bool)
    distance, limit = epe(pred, target, counted), (PCKH_FRACTION * size)[:, None]
    return _score(distance <= limit, distance, limit)


def pck(pred: Points, target: Points, labelled: Labelled, box: Boxes) -> PerJoint:
    """PCK (Yang and Ramanan, TPAMI 2013): 100 where a joint is near by the box, else 0.

    The limit is 0.2 of the larger side of left, top, right, bottom; a joint exactly that far is out.
    """
    side = (box[:, 2:] - box[:, :2]).amax(-1)
    return _near(epe(pred, target, labelled), PCK_FRACTION * side)


def head_segment(joints: Skeleton) -> tuple[str, str] | None:
    """Return the joints at both ends of the head, the top first; None where a joint set lacks one."""
    tops = [joint for joint in _HEAD_TOPS if joint in joints.joints]
    necks = [joint for joint in _NECKS if joint in joints.joints]
    return (tops[0], necks[0]) if tops and necks else None


def _length(target: Points, labelled: Labelled, ends: list[int]) -> PerPerson:
    """Return the distance between two joints; NaN where one of them is not labelled."""
    first, second = ends
    length = (target[:, first] - target[:, second]).norm(dim=-1)
    return torch.where((labelled[:, first] & labelled[:, second]), length, torch.nan)


def _near(distance: PerJoint, limit: PerPerson) -> PerJoint:
    limit = limit[:, None]
    return _score(distance < limit, distance, limit)


def _score(hit: Labelled, distance: PerJoint, limit: Float[Tensor, "people 1"]) -> PerJoint:
    return torch.where((distance + limit).isnan(), torch.nan, 100 * hit.to(distance.dtype))
