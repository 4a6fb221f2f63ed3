"""MediaPipe's 33 landmarks, as they are commonly saved.

- json: a list of frames, or ``frames`` with one. A frame is nothing, the landmarks of a person, a list
  of people, or a dictionary with them under ``pose_landmarks`` or ``landmarks``, and perhaps its
  number. A landmark is a dictionary (x, y, visibility) or a list (x, y, z, visibility);
- arrays ``(T, 33, 4)`` of x, y, z, visibility, or ``(T, 33, 3)`` of x, y, z; NaN where nobody is seen.

Shares of the image's width and height become pixels; depths are left aside.
"""

from pathlib import Path
from typing import Any

import numpy as np

from lifting.errors import InputError
from lifting.inference.keypoint_files.linking import Person, tracks_of
from lifting.inference.keypoint_files.track import Array, Track, Wanted
from lifting.keypoints.validation import SMALLEST_IMAGE
from lifting.skeletons import skeleton

JOINTS = skeleton("mediapipe33")

_HOLDERS = ("pose_landmarks", "landmarks", "landmark", "keypoints", "poses")
_NUMBERS = ("frame", "frame_index", "frame_number", "frame_id")
_SURE = ("visibility", "score", "presence")

# The hips' middle is the origin of world landmarks.
_ORIGIN = 1e-3


def read_mediapipe(path: Path, content: Any, wanted: Wanted) -> list[Track]:
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
            told = next((frame[key] for key in _NUMBERS if key in frame), number)
            if not isinstance(told, int):
                raise InputError(f"{where} calls itself {told!r}, which is no number of a frame.")
            number = told
        people += [Person(number, _landmarks(one, where)) for one in _people(frame)]
    return _tracks(path, people, wanted)


def from_array(path: Path, landmarks: Array, wanted: Wanted) -> list[Track]:
    """Read landmarks ``(T, 33, 3)`` or ``(T, 33, 4)``.

    Raises:
        InputError: If they are not landmarks of the image, or its size is not known.
    """
    sure = np.ones_like(landmarks[..., :1]) if landmarks.shape[2] == 3 else landmarks[..., 3:]
    points = np.concatenate([landmarks[..., :2], sure], -1)
    return _tracks(path, [Person(t, frame) for t, frame in enumerate(points)], wanted)


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
    return [one for part in frame for one in _people(part)] if several else [frame]


def _landmarks(content: Any, where: str) -> Array:
    try:
        points = np.array([_landmark(one) for one in content], np.float64)
    except (TypeError, KeyError, ValueError, IndexError):
        points = np.zeros((0, 3))
    if points.shape != (len(JOINTS), 3):
        raise InputError(f"has no {len(JOINTS)} landmarks with x and y", where, "save them again.")
    return points


def _landmark(one: Any) -> list[float]:
    if isinstance(one, dict):
        sure = next((one[key] for key in _SURE if key in one), 1.0)
        return [float(one["x"]), float(one["y"]), float(sure)]
    return [float(one[0]), float(one[1]), float(one[3]) if len(one) > 3 else 1.0]


def _tracks(path: Path, people: list[Person], wanted: Wanted) -> list[Track]:
    if wanted.skeleton not in (None, JOINTS.name):
        raise InputError(
            f"holds {JOINTS.name}, not {wanted.skeleton}", path, "leave --skeleton out."
        )
    tracks = tracks_of(people, JOINTS.name, wanted.stills, str(path))
    places = np.concatenate([t.keypoints[t.confidence > 0] for t in tracks])
    both = JOINTS.indices(["left_hip", "right_hip"])
    hips = np.concatenate(
        [t.keypoints[(t.confidence[:, both] > 0).all(-1)][:, both].mean(1) for t in tracks]
    )
    if len(hips) and np.abs(hips).max() < _ORIGIN:
        raise InputError(
            "holds world landmarks, around the hips", path, "save the landmarks of the image."
        )
    if np.abs(places).max() < SMALLEST_IMAGE:
        if wanted.size is None:
            raise InputError(
                "holds shares of the image's width and height",
                path,
                "give these with --width and --height.",
            )
        for track in tracks:
            track.keypoints[:] *= np.array(wanted.size)
    return tracks
