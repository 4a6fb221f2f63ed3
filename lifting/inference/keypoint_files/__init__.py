"""Keypoint files of detectors, of others and our own, as people followed over frames."""

from lifting.inference.keypoint_files.reading import FORMATS, read_tracks
from lifting.inference.keypoint_files.track import Track, Wanted
from lifting.inference.keypoint_files.track_frame import Example, parse_example, read_example

__all__ = [
    "FORMATS",
    "Example",
    "Track",
    "Wanted",
    "parse_example",
    "read_example",
    "read_tracks",
]
