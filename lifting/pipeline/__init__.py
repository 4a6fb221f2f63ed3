"""Pipelines: several trainings in a row, each from the checkpoints of earlier ones, as one whole.

Nothing here imports torch: a pipeline is planned, checked and shown in no time, and what trains is a
process of its own, the plain command that is printed.
"""

from lifting.pipeline.plan import Pipeline, Stage
from lifting.pipeline.reading import read_pipeline
from lifting.pipeline.runner import run_pipeline

__all__ = ["Pipeline", "Stage", "read_pipeline", "run_pipeline"]
