"""Errors of 3D poses, per frame, as pure functions.

Poses are ``(frames, joints, 3)`` in millimetres and, unless said otherwise, root-relative: the caller
centres them. Every joint counts, the root included, as in Human3.6M's protocols. The functions work in
the precision of their input; evaluations give them float64.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from lifting.geometry import optimal_scale, similarity_alignment
from lifting.on_device import constant

Pose = Float[Tensor, "*frames joints 3"]
Error = Float[Tensor, "*frames"]
JointError = Float[Tensor, "*frames joints"]
Clip = Float[Tensor, "frames joints 3"]

PCK_THRESHOLD = 150.0
# Mehta et al. (3DV 2017) average PCK over these 31 thresholds.
AUC_THRESHOLDS = tuple(5.0 * i for i in range(31))
CPS_THRESHOLDS = tuple(float(i) for i in range(301))


def joint_error(pred: Pose, target: Pose) -> JointError:
    """Return the distance of every joint from its target."""
    return (pred - target).norm(dim=-1)


def mpjpe(pred: Pose, target: Pose) -> Error:
    """Mean per-joint position error (Ionescu et al., TPAMI 2014; "protocol 1").

    Example:
        >>> pred, target = torch.zeros(1, 17, 3), torch.zeros(1, 17, 3)
        >>> pred[0, 3] = torch.tensor([0.0, 30.0, 40.0])
        >>> round(mpjpe(pred, target).item(), 3)
        2.941
    """
    return joint_error(pred, target).mean(-1)


def spread(poses: Float[Tensor, "*frames hypotheses joints 3"]) -> JointError:
    """Root mean square distance of each joint from its mean over the hypotheses.

    Example:
        >>> spread(torch.tensor([[[0.0, 0.0, 10.0]], [[0.0, 0.0, 20.0]]])).tolist()
        [5.0]
    """
    away = poses - poses.mean(-3, keepdim=True)
    return away.square().sum(-1).mean(-2).sqrt()


def n_mpjpe(pred: Pose, target: Pose, norm_ratio: bool = False) -> Error:
    """MPJPE after scaling each pose to the size of its target ("protocol 3").

    The scale is that of least squares, or the ratio of norms (LInKs, ElePose).
    """
    scale = optimal_scale(pred, target, norm_ratio)
    return mpjpe(scale[..., None, None] * pred, target)


def pa_mpjpe(pred: Pose, target: Pose, reflection: bool = False) -> Error:
    """MPJPE after the similarity that fits each pose to its target best ("protocol 2").

    With ``reflection`` also a mirrored fit, where it is the better one, as in ElePose and LInKs: a pose
    mirrored in depth then counts as perfect.
    """
    return mpjpe(similarity_alignment(pred, target, reflection)(pred), target)


def pck(errors: JointError, threshold: float = PCK_THRESHOLD) -> Error:
    """Fraction of joints nearer than a threshold, millimetres; a joint exactly that far is out."""
    return (errors < threshold).to(errors.dtype).mean(-1)


def auc(errors: JointError, thresholds: tuple[float, ...] = AUC_THRESHOLDS) -> Error:
    """Area under the PCK curve: its mean over thresholds."""
    limits = constant(thresholds, errors.device, errors.dtype)
    # A joint is in at every threshold above its error: counting them is one search per joint.
    inside = len(limits) - torch.searchsorted(limits, errors.contiguous(), right=True)
    return inside.to(errors.dtype).mean(-1) / len(limits)


def cps(errors: JointError, thresholds: tuple[float, ...] = CPS_THRESHOLDS) -> Error:
    """Correct-pose score (Wandt et al., CVPR 2021): the number of thresholds every joint meets.

    A joint exactly as far off as the threshold meets it, unlike in PCK, as published. The mean over
    frames is the published score, the sum over thresholds of 0 to 300 mm of the fraction of
    correct poses; the published poses are Procrustes-aligned.
    """
    limits = constant(thresholds, errors.device, errors.dtype)
    worst = errors.amax(-1)
    inside = len(limits) - torch.searchsorted(limits, worst.contiguous(), right=False)
    return inside.to(errors.dtype)


def velocity_error(pred: Clip, target: Clip) -> Float[Tensor, " steps"]:
    """Error of the frame-to-frame motion (MPJVE, Pavllo et al., CVPR 2019), mm per frame."""
    return joint_error(pred.diff(dim=0), target.diff(dim=0)).mean(-1)


def acceleration_error(pred: Clip, target: Clip) -> Float[Tensor, " steps"]:
    """Error of the second difference over frames (Kanazawa et al., CVPR 2019), mm per frame²."""
    return joint_error(pred.diff(n=2, dim=0), target.diff(n=2, dim=0)).mean(-1)
