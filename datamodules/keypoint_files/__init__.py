"""Keypoint files of detectors, of others and our own, as people followed over frames."""

from datamodules.keypoint_files.reading import FORMATS, read_tracks
from datamodules.keypoint_files.track import Track, Wanted

__all__ = ["FORMATS", "Track", "Wanted", "read_tracks"]
