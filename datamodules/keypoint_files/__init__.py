"""Keypoint files of detectors, of others and our own, as people followed over frames."""

from datamodules.keypoint_files.example import Example, parse_example, read_example
from datamodules.keypoint_files.reading import FORMATS, read_tracks
from datamodules.keypoint_files.track import Track, Wanted

__all__ = [
    "FORMATS",
    "Example",
    "Track",
    "Wanted",
    "parse_example",
    "read_example",
    "read_tracks",
]
