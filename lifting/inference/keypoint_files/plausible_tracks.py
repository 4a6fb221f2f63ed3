"""People of a keypoint file without the keypoints that nobody can have."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lifting.errors import InputError, warn
from lifting.inference.keypoint_files.believed import image_of
from lifting.inference.keypoint_files.track import KeypointTrack
from lifting.keypoints.orientation import misread
from lifting.keypoints.plausibility import implausible

# People of whom there is a warning each.
_WARNED = 3


def plausible_tracks(tracks: Sequence[KeypointTrack], where: object) -> list[KeypointTrack]:
    """Return tracks whose impossible keypoints are missing, and warn of them.

    There is a warning as well where y seems to point up, or left and right to be exchanged. People of
    whom nothing is left are left out.

    Args:
        tracks: Everyone.
        where: The file, for messages.

    Raises:
        InputError: If nobody is left.
    """
    kept, faults = [], []
    for track in tracks:
        found = implausible(
            track.keypoints, track.seen, track.skeleton, image_of(track), track.frames.tolist()
        )
        left = track.seen.copy()
        for fault in found:
            left &= ~fault.mask
        mistake = misread(track.keypoints, left, track.skeleton)
        if left.any() or not found:
            kept.append(replace(track, confidence=np.where(left, track.confidence, 0.0)))
        end = "" if left.any() else ", so that the person is left out"
        errors = [InputError(f.text + end, f"{where}: {track.name}", f.remedy) for f in found]
        if mistake is not None:
            errors.append(InputError(mistake.text, f"{where}: {track.name}", mistake.remedy))
        if errors:
            faults.append(errors)
    if faults and not kept:
        # The last is what nothing was left by.
        last = faults[0][-1]
        raise InputError(f"nobody is left: {last.what}", last.where, last.remedy)
    for error in [error for errors in faults[:_WARNED] for error in errors]:
        warn(error, stacklevel=3)
    if (more := len(faults) - _WARNED) > 0:
        what = f"{more:,} more people have keypoints that nobody can have"
        warn(InputError(what, where), stacklevel=3)
    return kept
