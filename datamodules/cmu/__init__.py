"""CMU motion capture."""

from datamodules.cmu.poses import CMU

__all__ = ["CMU"]
