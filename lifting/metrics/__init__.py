"""Metrics of 3D poses and of 2D keypoints: functions, torchmetrics classes, whole evaluations."""

from lifting.metrics.classes import (
    AUC,
    CPS,
    MPJPE,
    MPJVE,
    NMPJPE,
    PAMPJPE,
    PCK,
    AccelerationError,
    JointMPJPE,
    Mirrored,
)
from lifting.metrics.evaluation import Evaluation, EvaluationResult, FrameEvaluation
from lifting.metrics.keypoint_evaluation import KeypointEvaluation

__all__ = [
    "AUC",
    "CPS",
    "MPJPE",
    "MPJVE",
    "NMPJPE",
    "PAMPJPE",
    "PCK",
    "AccelerationError",
    "Evaluation",
    "EvaluationResult",
    "FrameEvaluation",
    "JointMPJPE",
    "KeypointEvaluation",
    "Mirrored",
]
