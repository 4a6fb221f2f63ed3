"""Readers of MediaPipe's 33 landmarks, as they are commonly saved.

- json: a list of frames, or ``frames`` with one. A frame is nothing, the landmarks of a person, a list
  of people, or a dictionary with them under ``pose_landmarks`` or ``landmarks``, and perhaps its
  number. A landmark is a dictionary (x, y, visibility) or a list (x, y, z, visibility);
- arrays ``(T, 33, 4)`` of x, y, z, visibility, or ``(T, 33, 3)`` of x, y, z; NaN where nobody is seen.

Landmarks relative to the image's width and height become pixels; depths are left aside.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lifting.errors import InputError
from lifting.inference.keypoint_files.believed import link_people
from lifting.inference.keypoint_files.linking import FramePerson
from lifting.inference.keypoint_files.track import Array, KeypointTrack, Size
from lifting.inference.options import ReadOptions
from lifting.inference.people.similarity import seen_points
from lifting.keypoints.validation import SMALLEST_IMAGE
from lifting.skeletons import skeleton

JOINTS = skeleton("mediapipe33")

_HOLDERS = ("pose_landmarks", "landmarks", "landmark", "keypoints", "poses")
_NUMBERS = ("frame", "frame_index", "frame_number", "frame_id")
_CONFIDENCES = ("visibility", "score", "presence")

# The hips' middle is the origin of world landmarks.
_ORIGIN = 1e-3


def read_mediapipe(path: Path, content: Any, options: ReadOptions) -> list[KeypointTrack]:
    """Read landmarks from json.

    Raises:
        InputError: If they are not landmarks of the image, or its size is not known.
    """
    frames = content.get("frames") if isinstance(content, dict) else content
    if not isinstance(frames, list):
        raise InputError("holds no list of frames of landmarks.", path)
    people = []
    for number, frame in enumerate(frames):
        where = f"{path}: frame {number}"
        if isinstance(frame, dict):
            numbered = next((frame[key] for key in _NUMBERS if key in frame), number)
            if not isinstance(numbered, int):
                raise InputError(f"{numbered!r} is no number of a frame.", where)
            number = numbered
        people += [FramePerson(number, _landmarks(person, where)) for person in _people(frame)]
    return _tracks(path, people, options)


def read_landmarks(path: Path, landmarks: Array, options: ReadOptions) -> list[KeypointTrack]:
    """Read landmarks ``(T, 33, 3)`` or ``(T, 33, 4)``.

    Raises:
        InputError: If they are not landmarks of the image, or its size is not known.
    """
    has_visibility = landmarks.shape[2] == 4
    visibility = landmarks[..., 3:] if has_visibility else np.ones_like(landmarks[..., :1])
    points = np.concatenate([landmarks[..., :2], visibility], -1)
    return _tracks(path, [FramePerson(t, frame) for t, frame in enumerate(points)], options)


def _people(frame: Any) -> list[Any]:
    """Return the people of a frame, each a list of landmarks or what should be one."""
    while isinstance(frame, dict):
        frame = next((frame[key] for key in _HOLDERS if key in frame), None)
    if not frame:
        return []
    if not isinstance(frame, list):
        return [frame]
    first = frame[0]
    several = (isinstance(first, list) and first and isinstance(first[0], list | dict)) or (
        isinstance(first, dict) and any(key in first for key in _HOLDERS)
    )
    return [person for part in frame for person in _people(part)] if several else [frame]


def _landmarks(content: Any, where: str) -> Array:
    try:
        points = np.array([_landmark(entry) for entry in content], np.float64)
    except (TypeError, KeyError, ValueError, IndexError):
        points = np.zeros((0, 3))
    if points.shape != (len(JOINTS), 3):
        raise InputError(f"has no {len(JOINTS)} landmarks with x and y", where, "save them again.")
    return points


def _landmark(entry: Any) -> list[float]:
    if isinstance(entry, dict):
        confidence = next((entry[key] for key in _CONFIDENCES if key in entry), 1.0)
        return [float(entry["x"]), float(entry["y"]), float(confidence)]
    return [float(entry[0]), float(entry[1]), float(entry[3]) if len(entry) > 3 else 1.0]


def _tracks(path: Path, people: list[FramePerson], options: ReadOptions) -> list[KeypointTrack]:
    if options.skeleton not in (None, JOINTS.name):
        raise InputError(f"holds {JOINTS.name}, not {options.skeleton}", path, "drop --skeleton.")
    return link_people(_in_pixels(path, people, options.size), JOINTS.name, options, path)


def _in_pixels(path: Path, people: list[FramePerson], size: Size | None) -> list[FramePerson]:
    """Return people whose landmarks are pixels, as tracking needs them."""
    every = np.stack([person.points for person in people]) if people else np.zeros((0, 33, 3))
    seen = seen_points(every)
    if not seen.any():
        return people
    hip_joints = JOINTS.indices(["left_hip", "right_hip"])
    hips = every[seen[:, hip_joints].all(-1)][:, hip_joints, :2].mean(1)
    if len(hips) and np.abs(hips).max() < _ORIGIN:
        raise InputError("holds world landmarks", path, "save the landmarks of the image.")
    if np.abs(every[seen][:, :2]).max() >= SMALLEST_IMAGE:
        return people
    if size is None:
        raise InputError("holds shares of width and height", path, "give --width and --height.")
    every[..., :2] *= size
    return [replace(p, points=own, size=size) for p, own in zip(people, every, strict=True)]
