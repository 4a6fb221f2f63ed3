"""Reader of MediaPipe's 33 landmarks, as they are commonly saved.

- json: a list of frames, or ``frames`` with one, and perhaps ``fps``, ``width`` and ``height`` beside;
  or one frame. A frame is nothing, the landmarks of a person, a list of people, or a dictionary with
  them under ``pose_landmarks``, ``poseLandmarks`` (JavaScript) or ``landmarks``, and perhaps its number.
  A landmark is a dictionary (x, y, visibility, which may be null) or a list (x, y, z, visibility);
- arrays ``(T, 33, 4)`` of x, y, z, visibility, or ``(T, 33, 3)`` of x, y, z; NaN where nobody is seen.

Landmarks relative to the image's width and height become pixels; depths are left aside.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lifting.containers.damage import DATA_ERRORS
from lifting.errors import InputError, Option, Phrase
from lifting.inference.keypoint_files.believed import link_people
from lifting.inference.keypoint_files.content import Content
from lifting.inference.keypoint_files.linking import FramePerson
from lifting.inference.keypoint_files.track import Array, KeypointTrack, Size
from lifting.inference.options import ReadOptions
from lifting.inference.people.similarity import seen_points
from lifting.keypoints.validation import SMALLEST_IMAGE
from lifting.skeletons import skeleton

JOINTS = skeleton("mediapipe33")

_HOLDERS = ("pose_landmarks", "poseLandmarks", "landmarks", "landmark", "keypoints", "poses")
_WORLD = ("pose_world_landmarks", "poseWorldLandmarks", "world_landmarks", "worldLandmarks")
_NUMBERS = ("frame", "frame_index", "frame_number", "frame_id")
_CONFIDENCES = ("visibility", "score", "presence")
# Landmarks of MediaPipe's other solutions.
_OTHERS = {21: "hand", 468: "face", 478: "face"}

# The hips' middle is the origin of world landmarks.
_ORIGIN = 1e-3


def recognises(content: Content) -> bool:
    """Tell whether json holds landmarks."""
    data = content.data
    if isinstance(data, dict):
        frames = data.get("frames")
        return _has_landmarks(data) or (
            isinstance(frames, list) and any(map(_has_landmarks, frames))
        )
    return isinstance(data, list) and any(_has_landmarks(frame) for frame in data)


def _has_landmarks(frame: Any) -> bool:
    if isinstance(frame, dict):
        if any("landmark" in key.lower() for key in frame):
            return True
        return isinstance(poses := frame.get("poses"), list) and any(map(_has_landmarks, poses))
    if not isinstance(frame, list) or not frame:
        return False
    if len(frame) == len(JOINTS):
        first = frame[0]
        return isinstance(first, list) or (isinstance(first, dict) and {"x", "y"} <= set(first))
    return _has_landmarks(frame[0])


def read(content: Content, options: ReadOptions) -> list[KeypointTrack]:
    """Read landmarks from json.

    Raises:
        InputError: If they are not landmarks of the image, or its size is not known.
    """
    path, data = content.path, content.data
    around = data if isinstance(data, dict) else {}
    frames = around.get("frames", [data]) if isinstance(data, dict) else data
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
        found = _people(frame, where)
        people += [FramePerson(number, _landmarks(person, where)) for person in found]
    size = _number(around.get("width")), _number(around.get("height"))
    if None not in size and options.size is None:
        options = replace(options, width=size[0], height=size[1])
    tracks = _tracks(path, people, options)
    return [replace(track, fps=_number(around.get("fps"))) for track in tracks]


def read_landmarks(
    path: Path, landmarks: Array, frames: NDArray[np.int64], options: ReadOptions
) -> list[KeypointTrack]:
    """Read landmarks ``(T, 33, 3)`` or ``(T, 33, 4)``.

    Raises:
        InputError: If they are not landmarks of the image, or its size is not known.
    """
    has_visibility = landmarks.shape[2] == 4
    visibility = landmarks[..., 3:] if has_visibility else np.ones_like(landmarks[..., :1])
    points = np.concatenate([landmarks[..., :2], visibility], -1)
    numbered = zip(frames.tolist(), points, strict=True)
    return _tracks(path, [FramePerson(number, frame) for number, frame in numbered], options)


def _people(frame: Any, where: str) -> list[Any]:
    """Return the people of a frame, each a list of landmarks or what should be one."""
    while isinstance(frame, dict):
        if not any(key in frame for key in _HOLDERS) and any(frame.get(key) for key in _WORLD):
            raise _world(where)
        frame = next((frame[key] for key in _HOLDERS if key in frame), None)
    if not frame:
        return []
    if not isinstance(frame, list):
        return [frame]
    first = frame[0]
    several = (isinstance(first, list) and first and isinstance(first[0], list | dict)) or (
        isinstance(first, dict) and any(key in first for key in (*_HOLDERS, *_WORLD))
    )
    return [person for part in frame for person in _people(part, where)] if several else [frame]


def _landmarks(content: Any, where: str) -> Array:
    try:
        points = np.array([_landmark(entry) for entry in content], np.float64)
    except DATA_ERRORS:
        points = np.zeros((0, 3))
    if (part := _OTHERS.get(len(points))) is not None:
        what = f"has the {len(points)} landmarks of a {part}"
        raise InputError(what, where, f"save those of the pose, which are {len(JOINTS)}.")
    if points.shape != (len(JOINTS), 3):
        raise InputError(f"has no {len(JOINTS)} landmarks with x and y", where, "save them again.")
    return points


def _landmark(entry: Any) -> list[float]:
    if isinstance(entry, dict):
        said = (entry[key] for key in _CONFIDENCES if entry.get(key) is not None)
        x, y, confidence = entry["x"], entry["y"], next(said, 1.0)
    else:
        x, y, confidence = entry[0], entry[1], entry[3] if len(entry) > 3 else 1.0
    return [np.nan if number is None else float(number) for number in (x, y, confidence)]


def _number(content: Any) -> float | None:
    """Return a number above 0 that stands beside the frames."""
    return float(content) if type(content) in (int, float) and 0 < content < np.inf else None


def _world(where: object) -> InputError:
    return InputError("holds world landmarks", where, "save the landmarks of the image.")


def _tracks(path: Path, people: list[FramePerson], options: ReadOptions) -> list[KeypointTrack]:
    if options.skeleton not in (None, JOINTS.name):
        raise InputError(
            f"holds {JOINTS.name}, not {options.skeleton}",
            path,
            Phrase("drop {}.", Option("skeleton")),
        )
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
        raise _world(path)
    if np.abs(every[seen][:, :2]).max() >= SMALLEST_IMAGE:
        return people
    if size is None:
        raise InputError(
            "holds shares of width and height",
            path,
            Phrase("give {} and {}.", Option("width"), Option("height")),
        )
    every[..., :2] *= size
    return [replace(p, points=own, size=size) for p, own in zip(people, every, strict=True)]
