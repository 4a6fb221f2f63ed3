"""Weights as their authors published them: read safely, matched by name, put into networks."""

from lifting.published.detector_families import DETECTORS
from lifting.published.detectors import export_detector, initialise_detector, read_detector
from lifting.published.families import FAMILIES

__all__ = [
    "DETECTORS",
    "FAMILIES",
    "export_detector",
    "initialise_detector",
    "read_detector",
]
