"""Keypoint files of detectors, of others and our own, as people followed over frames."""

from lifting.inference.keypoint_files.example import Example, parse_example, read_example
from lifting.inference.keypoint_files.reading import FORMATS, read_tracks
from lifting.inference.keypoint_files.track import Track, Wanted

__all__ = [
    "FORMATS",
    "Example",
    "Track",
    "Wanted",
    "parse_example",
    "read_example",
    "read_tracks",
]
