"""Callbacks that watch a run through its Trainer and its module's public outputs."""

from pathlib import Path

from lightning import Callback

from callbacks.action_table import ActionTable
from callbacks.best_checkpoint import BestCheckpoint
from callbacks.conclusion import Conclusion
from callbacks.detection_pictures import DetectionPictures
from callbacks.divergence import Action, Divergence
from callbacks.ema import EMA
from callbacks.interruption import Interruption
from callbacks.last_checkpoint import LastCheckpoint
from callbacks.logged_steps import LoggedSteps
from callbacks.pose_page import PosePage
from callbacks.pose_pictures import PosePictures
from callbacks.predictions import PredictionWriter
from callbacks.provenance import Provenance
from callbacks.reapplied_options import ReappliedOptions
from callbacks.result_record import ResultRecord
from callbacks.rng_state import RNGState
from callbacks.throughput import Throughput
from callbacks.training_cost import TrainingCost
from callbacks.wandb_artifacts import WandbArtifacts
from lifting.methods.bases.lifter import Lifter
from lifting.methods.bases.method import Method

__all__ = [
    "EMA",
    "ActionTable",
    "BestCheckpoint",
    "Conclusion",
    "DetectionPictures",
    "Divergence",
    "Interruption",
    "LastCheckpoint",
    "LoggedSteps",
    "PosePage",
    "PosePictures",
    "PredictionWriter",
    "Provenance",
    "RNGState",
    "ReappliedOptions",
    "ResultRecord",
    "Throughput",
    "TrainingCost",
    "WandbArtifacts",
    "default_callbacks",
]


def default_callbacks(
    folder: Path, method: Method, pictures: bool = True, on_divergence: Action = "stop"
) -> list[Callback]:
    """Return the callbacks a run in a folder has, unless its configuration names them itself."""
    callbacks: list[Callback] = [
        LoggedSteps(),
        RNGState(),
        Divergence(folder, on_divergence),
        Provenance(folder),
        Throughput(),
        TrainingCost(),
        ActionTable(folder),
        ResultRecord(folder),
        PredictionWriter(folder),
    ]
    if not pictures:
        return callbacks
    if isinstance(method, Lifter):
        callbacks += [PosePictures(folder), PosePage(folder)]
    elif method.sees_images:
        callbacks.append(DetectionPictures(folder))
    return callbacks
