"""Metrics of 3D poses and of 2D keypoints: functions, a registry of them, and evaluations."""

from lifting.metrics.evaluation import Evaluation, EvaluationResult, FrameEvaluation
from lifting.metrics.keypoint_evaluation import KeypointEvaluation

__all__ = ["Evaluation", "EvaluationResult", "FrameEvaluation", "KeypointEvaluation"]
