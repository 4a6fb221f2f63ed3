"""Weights as their authors published them: read safely, matched by name, put into networks."""

from lifting.published.detectors import export_detector, initialise_detector, read_detector
from lifting.published.families import DETECTORS, FAMILIES

__all__ = ["DETECTORS", "FAMILIES", "export_detector", "initialise_detector", "read_detector"]
