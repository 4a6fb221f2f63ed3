"""Weights as their authors published them: read safely, imported under our names, written back."""

from lifting.published.detector_families import DETECTORS
from lifting.published.detectors import export_detector, initialise_detector, read_detector
from lifting.published.exporting import export_weights
from lifting.published.families import FAMILIES
from lifting.published.importing import import_weights

__all__ = [
    "DETECTORS",
    "FAMILIES",
    "export_detector",
    "export_weights",
    "import_weights",
    "initialise_detector",
    "read_detector",
]
