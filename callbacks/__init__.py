"""Callbacks that watch a run through its Trainer and its module's public outputs."""

from pathlib import Path

from lightning import Callback

from callbacks.action_table import ActionTable
from callbacks.ema import EMA
from callbacks.last_checkpoint import LastCheckpoint
from callbacks.pose_pictures import PosePictures
from callbacks.predictions import PredictionWriter
from callbacks.provenance import Provenance
from callbacks.rng_state import RNGState
from callbacks.throughput import Throughput

__all__ = [
    "EMA",
    "ActionTable",
    "LastCheckpoint",
    "PosePictures",
    "PredictionWriter",
    "Provenance",
    "RNGState",
    "Throughput",
    "default_callbacks",
]


def default_callbacks(folder: Path, lifts: bool = True) -> list[Callback]:
    """Return the callbacks every run has, unless its configuration names them itself.

    Args:
        folder: The folder of the run.
        lifts: Whether what is trained lifts, so that there are poses to draw.
    """
    callbacks = [
        RNGState(),
        Provenance(folder),
        Throughput(),
        ActionTable(folder),
        PredictionWriter(folder),
    ]
    return [*callbacks, PosePictures(folder)] if lifts else callbacks
