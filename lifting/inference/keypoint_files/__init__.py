"""Keypoint files of detectors, read as tracks of people."""

from lifting.inference.keypoint_files.reading import read_tracks
from lifting.inference.keypoint_files.table import FORMATS
from lifting.inference.keypoint_files.track import (
    KeypointTrack,
    no_such_person,
    select_tracks,
    track_from_points,
)
from lifting.inference.keypoint_files.track_frame import TrackFrame, parse_pose, read_track_frame

__all__ = [
    "FORMATS",
    "KeypointTrack",
    "TrackFrame",
    "no_such_person",
    "parse_pose",
    "read_track_frame",
    "read_tracks",
    "select_tracks",
    "track_from_points",
]
