"""People of a keypoint file with confidences from 0 to 1, and without what is not believed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lifting.errors import InputError, Option, Phrase
from lifting.inference.keypoint_files.linking import FramePerson, link_tracks
from lifting.inference.keypoint_files.track import KeypointTrack
from lifting.inference.options import ReadOptions
from lifting.keypoints.confidence import believed, confidence_of


def link_people(
    people: Sequence[FramePerson], joints: str, options: ReadOptions, where: object
) -> list[KeypointTrack]:
    """Link the people of frames, as their file has them, to tracks.

    Their scores become confidences, by one rule over the whole file, and what is not believed is missing
    (:mod:`lifting.keypoints.confidence`), before anybody is followed by it.

    Args:
        people: The people, all of the joint set.
        joints: The joint set.
        options: What is known of the file besides.
        where: The file, for messages.

    Raises:
        InputError: If scores are on another scale, nobody is left, or people cannot be linked.
    """
    if not people:
        return link_tracks(people, joints, options.stills, str(where))
    points = np.stack([person.points for person in people])
    there = np.isfinite(points[..., :2]).all(-1)
    confidence = confidence_of(points[..., 2], where) * there
    seen = np.zeros_like(there)
    for size in {person.size for person in people}:
        rows = np.array([person.size == size for person in people])
        least = options.least_confidence
        seen[rows] = believed(points[rows, :, :2], confidence[rows], size, least)
    if not seen.any() and confidence.any():
        raise _nobody(float(confidence.max()), options.least_confidence, where)
    points[..., 2] = np.where(seen, confidence, 0.0)
    linked = [replace(p, points=own) for p, own in zip(people, points, strict=True)]
    return link_tracks(linked, joints, options.stills, str(where))


def believed_tracks(
    tracks: Sequence[KeypointTrack], least: float, where: object
) -> list[KeypointTrack]:
    """Return tracks whose keypoints that are not believed are missing.

    People of whom nothing is left are left out.

    Raises:
        InputError: If nobody is left.
    """
    kept = []
    for track in tracks:
        seen = believed(track.keypoints, track.confidence, image_of(track), least)
        if seen.any():
            kept.append(replace(track, confidence=np.where(seen, track.confidence, 0.0)))
    if tracks and not kept:
        raise _nobody(max(float(track.confidence.max()) for track in tracks), least, where)
    return kept


def image_of(track: KeypointTrack) -> tuple[float, float] | None:
    """Return width and height of the images of a track, if its camera or its file tells them."""
    if track.camera is None:
        return track.size
    width, height = track.camera.size.tolist()
    return width, height


def _nobody(highest: float, least: float, where: object) -> InputError:
    if highest < least:
        what = f"shows nobody with a confidence of {least:g}, the highest is {highest:.2g}"
        remedy = Phrase("lower {}, or run the detector again.", Option("least_confidence"))
        return InputError(what, where, remedy)
    what = "shows people outside of the image alone, of little confidence"
    return InputError(what, where, "check the size of the images, or run the detector again.")
