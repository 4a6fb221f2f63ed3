"""Nominal size of the images of keypoints whose file does not tell it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lifting.errors import InputError, warn
from lifting.inference.keypoint_files import KeypointTrack
from lifting.methods.bases.lifter import Lifter

# Usual sizes of videos, lying; the first that holds the keypoints is taken, lying or upright.
_SIZES = ((640, 480), (1280, 720), (1920, 1080), (3840, 2160))
# Percentile: a few keypoints beyond the edge of the image do not make it larger.
_INSIDE = 99.0


def nominal_size(tracks: Sequence[KeypointTrack]) -> tuple[float, float]:
    """Return the smallest usual size of images that holds the keypoints of everyone.

    Of larger ones it is the extent of the keypoints. To a lifter in the view of the person, which does
    not look at the image, the size tells no more than the nominal focal length.
    """
    points = np.concatenate([track.keypoints[track.seen] for track in tracks])
    right, bottom = np.percentile(points, _INSIDE, axis=0).tolist() if len(points) else (0.0, 0.0)
    for long, short in _SIZES:
        for width, height in ((long, short), (short, long)):
            if right <= width and bottom <= height:
                return float(width), float(height)
    return float(np.ceil(right)), float(np.ceil(bottom))


def with_nominal_size(
    tracks: Sequence[KeypointTrack],
) -> tuple[list[KeypointTrack], tuple[float, float]]:
    """Return tracks with the nominal size where neither size nor camera is known, and that size."""
    size = nominal_size(tracks)
    unknown = [track.size is None and track.camera is None for track in tracks]
    sized = [replace(t, size=size) if u else t for t, u in zip(tracks, unknown, strict=True)]
    return sized, size


def sized(tracks: list[KeypointTrack], lifter: Lifter, where: object) -> list[KeypointTrack]:
    """Return tracks with the size of their images guessed, with a warning, if it hardly matters.

    To a lifter that sees the image it does, and tracks stay as they are.

    Args:
        tracks: Everyone in a recording.
        lifter: The lifter.
        where: The file, for the warning.
    """
    unsized = [track for track in tracks if track.size is None and track.camera is None]
    if not unsized or not lifter.in_person_view:
        return tracks
    guessed, (width, height) = with_nominal_size(tracks)
    what = f"does not tell how large the images are, and {width:g} x {height:g} are assumed"
    warn(InputError(what, where, "give their width and height."))
    return guessed
