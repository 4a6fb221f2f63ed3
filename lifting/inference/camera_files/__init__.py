"""Files of calibrated cameras, and keypoints as such a camera without distortion sees them."""

from lifting.inference.camera_files.calibration import Calibration, seen_by
from lifting.inference.camera_files.reading import read_calibration

__all__ = ["Calibration", "read_calibration", "seen_by"]
