"""Reader of rtmlib's arrays: what a model returns of every frame, saved together.

Of each frame ``keypoints`` ``(N, K, 2)`` and ``scores`` ``(N, K)`` of everyone: one array of frames and
people, or, where people come and go, as arrays of arrays.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from lifting.errors import InputError
from lifting.inference.keypoint_files.believed import link_people
from lifting.inference.keypoint_files.content import Content
from lifting.inference.keypoint_files.linking import FramePerson, parse_points
from lifting.inference.keypoint_files.track import KeypointTrack, timed
from lifting.inference.options import ReadOptions
from lifting.keypoints.entries import fps_of, frames_of, numbers_of, size_of, times_of


def recognises(content: Content) -> bool:
    """Tell whether arrays are people by frames, with their scores beside them."""
    keypoints, scores = content.data.get("keypoints"), content.data.get("scores")
    if not isinstance(keypoints, np.ndarray) or not isinstance(scores, np.ndarray):
        return False
    by_frame = keypoints.dtype == object and keypoints.ndim == 1
    return by_frame or (keypoints.ndim == 4 and keypoints.shape[3] == 2)


def read(content: Content, options: ReadOptions) -> list[KeypointTrack]:
    """Read everyone in a file.

    Raises:
        InputError: If keypoints and scores do not go together, or are of no known joint set.
    """
    path, entries = content.path, content.data
    keypoints, scores = (np.asarray(entries.get(name, ())) for name in ("keypoints", "scores"))
    if not keypoints.ndim or not scores.ndim or not len(keypoints):
        raise InputError("has no 'keypoints' and 'scores' of frames", path, "is it rtmlib's?")
    if keypoints.ndim == 4 and _people_first(keypoints):
        keypoints, scores = np.moveaxis(keypoints, 1, 0), np.moveaxis(scores, 1, 0)
    if len(keypoints) != len(scores):
        what = f"has {len(keypoints)} frames of keypoints and {len(scores)} of scores"
        raise InputError(what, path, "save them again.")
    joints = options.skeleton or (str(entries["skeleton"]) if "skeleton" in entries else None)
    size = options.size or size_of(path, entries)
    people: list[FramePerson] = []
    frames = frames_of(path, entries, len(keypoints))
    for number, points, confidence in zip(frames.tolist(), keypoints, scores, strict=True):
        where = f"{path}: frame {number}"
        points = numbers_of(points, path, "keypoints")
        confidence = numbers_of(confidence, path, "scores")
        if not points.size:
            continue
        if points.ndim != 3 or points.shape[2] != 2 or confidence.shape != points.shape[:2]:
            what = f"keypoints are {points.shape} and scores {confidence.shape}"
            raise InputError(what, where, "give (people, joints, 2) and (people, joints).")
        for person in np.concatenate([points, confidence[..., None]], -1):
            own, joints = parse_points(person.ravel(), joints, where)
            people.append(FramePerson(number, own, size=size))
    tracks = link_people(people, joints or "coco17", options, path)
    fps, times = fps_of(path, entries), times_of(path, entries, len(keypoints))
    return [timed(replace(track, fps=fps), times, path, frames) for track in tracks]


def _people_first(keypoints: Any) -> bool:
    """Tell whether people are the first axis, and frames the second: along frames people move little."""
    frames, people = (
        np.median(np.abs(np.diff(keypoints, axis=axis))) if keypoints.shape[axis] > 1 else np.inf
        for axis in (0, 1)
    )
    return bool(people < frames)
