"""Reader of ``.npz`` and ``.npy`` files: VideoPose3D's, ours, MediaPipe's, or a single array."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datamodules.store.videopose3d import read_keypoints
from lifting.errors import InputError
from lifting.inference.keypoint_files.array_entries import (
    CONFIDENCES,
    KEYPOINTS,
    first_of,
    joint_set_of,
)
from lifting.inference.keypoint_files.content import Content
from lifting.inference.keypoint_files.mediapipe import JOINTS as MEDIAPIPE
from lifting.inference.keypoint_files.mediapipe import read_landmarks
from lifting.inference.keypoint_files.track import Array, KeypointTrack, timed, track_from_points
from lifting.inference.options import ReadOptions
from lifting.keypoints.confidence import confidence_of
from lifting.keypoints.entries import fps_of, frames_of, numbers_of, rises, size_of, times_of
from lifting.keypoints.validation import SMALLEST_IMAGE

# Cells along either side of a heat-map, of which there is one a joint.
_SMALLEST_MAP = 8


def recognises(content: Content) -> bool:
    """Tell whether arrays may hold keypoints: not those that are known to hold something else."""
    return "positions_3d" not in content.data and not {"poses", "betas"} <= set(content.data)


def read(content: Content, options: ReadOptions) -> list[KeypointTrack]:
    """Read the content of an ``.npz``, or of an ``.npy`` as its ``keypoints``.

    ``positions_2d`` is VideoPose3D's. Otherwise ``keypoints`` (or the only array there is) is
    ``(T, K, 2)``, or ``(T, K, 3)`` with confidences, or either of several people one after another in a
    first axis; frames may also be flat, ``(T, 2K)``, as "It's all Relative" has them. Beside it may
    stand ``confidence``, ``skeleton``, ``size``, ``fps``, ``frame`` and ``time`` (seconds); and where
    the frames of several people follow one another in one axis, ``track`` ``(T,)``, an index into
    ``tracks``, their names.

    Raises:
        InputError: If it holds no keypoints, or their joint set is unknown.
    """
    path, entries = content.path, content.data
    if "positions_2d" in entries:
        return _video_pose_3d(path, options)
    points = _array(path, entries)
    if points.ndim == 3 and points.shape[1] == len(MEDIAPIPE) and _is_mediapipe(points):
        return _landmarks(path, entries, points, options)
    people = _with_confidence(path, entries, points[None] if points.ndim == 3 else points)
    joints = joint_set_of(path, entries, people.shape[2], options)
    size, fps = size_of(path, entries), fps_of(path, entries)
    times = times_of(path, entries, people.shape[1])
    if "track" in entries and len(people) == 1:
        shape = joints, size, fps
        tracks = [
            timed(
                track_from_points(name, people[0][rows], frames, *shape),
                None if times is None else times[rows],
                path,
            )
            for name, rows, frames in _named_rows(path, entries, people.shape[1])
        ]
        return [track for track in tracks if track.seen.any()]
    frames = frames_of(path, entries, people.shape[1])
    names = ["person"] if points.ndim == 3 else [f"person{i}" for i in range(len(people))]
    tracks = [
        timed(track_from_points(name, person, frames, joints, size, fps), times, path)
        for name, person in zip(names, people, strict=True)
    ]
    return [track for track in tracks if track.seen.any()]


def _with_confidence(path: Path, entries: dict[str, Any], people: Array) -> Array:
    """Return people ``(N, T, K, 3)``, with the confidences that stand in the file, from 0 to 1."""
    if people.ndim == 4 and min(people.shape[2:]) >= _SMALLEST_MAP:
        what = f"holds heat-maps {people.shape}"
        raise InputError(what, path, "decode them to keypoints (frames, joints, 3) in pixels.")
    if people.ndim != 4 or people.shape[3] not in (2, 3) or not people.size:
        raise InputError(f"keypoints are {people.shape}", path, "give (frames, joints, 2 or 3).")
    if (entry := first_of(entries, CONFIDENCES)) is not None:
        confidence = numbers_of(entries[entry], path, entry)
        if people.shape[3] != 2 or confidence.size != people[..., 0].size:
            raise InputError(f"its '{entry}' is not one number per keypoint.", path)
        people = np.concatenate([people, confidence.reshape(*people.shape[:3], 1)], -1)
    elif people.shape[3] == 2:
        people = np.concatenate([people, np.ones_like(people[..., :1])], -1)
    people[..., 2] = confidence_of(people[..., 2], path)
    return people


def _landmarks(
    path: Path, entries: dict[str, Any], points: Array, options: ReadOptions
) -> list[KeypointTrack]:
    size, fps = size_of(path, entries), fps_of(path, entries)
    if size is not None and options.size is None:
        options = replace(options, width=size[0], height=size[1])
    frames, times = frames_of(path, entries, len(points)), times_of(path, entries, len(points))
    tracks = read_landmarks(path, points, frames, options)
    sized = [replace(track, size=size or track.size, fps=fps) for track in tracks]
    return [timed(track, times, path, frames) for track in sized]


def _video_pose_3d(path: Path, options: ReadOptions) -> list[KeypointTrack]:
    keypoints = read_keypoints(path, options.skeleton)
    tracks = []
    for subject, action in keypoints.views:
        arrays = keypoints.arrays(subject, action)
        for number, view in enumerate(arrays):
            if view is not None:
                name = f"{subject}/{action}" + (f"/cam{number}" if len(arrays) > 1 else "")
                frames = np.arange(len(view))
                size, joints = keypoints.size_of(subject), keypoints.joints.name
                tracks.append(track_from_points(name, view, frames, joints, size, keypoints.fps))
    return tracks


def _array(path: Path, content: dict[str, Any]) -> Array:
    name = first_of(content, KEYPOINTS)
    if name is None and len(content) == 1 and "pose" not in content:
        name = next(iter(content))
    if name is None:
        holds = ", ".join(content) or "nothing"
        hint = ", poses that are lifted already" if "pose" in content else ""
        raise InputError(f"holds {holds}{hint}", path, "keypoints are called 'keypoints'.")
    array = numbers_of(content[name], path, name)
    if array.ndim == 2 and array.shape[1] in (2, 3):
        return array[None]
    # Of flat frames x, y of one joint follow those of the other.
    flat = array.ndim == 2 and array.size and array.shape[1] % 2 == 0
    return array.reshape(len(array), -1, 2) if flat else array


def _is_mediapipe(points: Array) -> bool:
    """Tell landmarks with depth from keypoints with confidence by their shape and range."""
    if points.shape[2] == 4:
        return True
    finite = points[np.isfinite(points).all(-1)]
    if points.shape[2] != 3 or not len(finite):
        return False
    return bool(np.abs(finite[:, :2]).max() < SMALLEST_IMAGE)


def _named_rows(
    path: Path, content: dict[str, Any], count: int
) -> Iterator[tuple[str, NDArray[np.bool_], NDArray[np.int64]]]:
    """Yield of each person the name, the rows, and the numbers of their frames."""
    track = np.asarray(content["track"])
    frames = np.asarray(content.get("frame", ()))
    names = [str(name) for name in np.ravel(content.get("tracks", ()))]
    if any(x.shape != (count,) or x.dtype.kind not in "iu" for x in (track, frames)):
        raise InputError("its 'track' and 'frame' are not one whole number per row.", path)
    if track.min() < 0 or track.max() >= len(names):
        raise InputError("its 'track' is no index into 'tracks'.", path)
    for number, name in enumerate(names):
        rows = track == number
        if not rises(frames[rows].astype(np.int64)):
            raise InputError("its 'frame' does not rise", f"{path}: {name}")
        if rows.any():
            yield name, rows, frames[rows].astype(np.int64)
