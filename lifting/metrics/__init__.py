"""Metrics of 3D poses: pure functions in ``functional``, torchmetrics classes, and whole evaluations."""

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
    "Mirrored",
]
