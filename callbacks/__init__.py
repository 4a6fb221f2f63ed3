"""Callbacks that watch a run through its Trainer and its module's public outputs."""

from pathlib import Path

from lightning import Callback

from callbacks.action_table import ActionTable
from callbacks.last_checkpoint import LastCheckpoint
from callbacks.pose_pictures import PosePictures
from callbacks.predictions import PredictionWriter
from callbacks.provenance import Provenance
from callbacks.rng_state import RNGState
from callbacks.throughput import Throughput

__all__ = [
    "ActionTable",
    "LastCheckpoint",
    "PosePictures",
    "PredictionWriter",
    "Provenance",
    "RNGState",
    "Throughput",
    "default_callbacks",
]


def default_callbacks(folder: Path) -> list[Callback]:
    """Return the callbacks every run has, unless its configuration names them itself.

    Args:
        folder: The folder of the run.
    """
    return [
        RNGState(),
        Provenance(folder),
        Throughput(),
        PosePictures(folder),
        ActionTable(folder),
        PredictionWriter(folder),
    ]
