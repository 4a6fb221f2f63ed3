"""Reader of ``.npz`` and ``.npy`` files: VideoPose3D's, ours, MediaPipe's, or a single array."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datamodules.store.videopose3d import read_keypoints
from lifting.errors import InputError
from lifting.inference.keypoint_files.mediapipe import JOINTS as MEDIAPIPE
from lifting.inference.keypoint_files.mediapipe import read_landmarks
from lifting.inference.keypoint_files.track import Array, KeypointTrack, Size, track_from_points
from lifting.inference.options import ReadOptions
from lifting.keypoints.confidence import confidence_of
from lifting.keypoints.validation import SMALLEST_IMAGE
from lifting.skeletons import SKELETONS, skeleton

# Names of arrays of keypoints; the last is that of the video demos of VideoPose3D's successors.
_ENTRIES = ("keypoints", "landmarks", "pose_landmarks", "reconstruction", "arr_0")


def read_arrays(path: Path, content: dict[str, Any], options: ReadOptions) -> list[KeypointTrack]:
    """Read the content of an ``.npz``, or of an ``.npy`` as its ``keypoints``.

    ``positions_2d`` is VideoPose3D's. Otherwise ``keypoints`` (or the only array there is) is
    ``(T, K, 2)``, or ``(T, K, 3)`` with confidences, or either of several people one after another in a
    first axis; frames may also be flat, ``(T, 2K)``, as "It's all Relative" has them. Beside it may
    stand ``confidence``, ``skeleton``, ``size``, ``fps`` and ``frame``; and where the frames of several
    people follow one another in one axis, ``track`` ``(T,)``, an index into ``tracks``, their names.

    Raises:
        InputError: If it holds no keypoints, or their joint set is unknown.
    """
    if "positions_2d" in content:
        return _video_pose_3d(path, options)
    points = _array(path, content)
    if points.ndim == 3 and points.shape[1] == len(MEDIAPIPE) and _is_mediapipe(points):
        size, fps = _size(path, content), _fps(path, content)
        if size is not None and options.size is None:
            options = replace(options, width=size[0], height=size[1])
        tracks = read_landmarks(path, points, options)
        return [replace(track, size=size, fps=fps) for track in tracks]
    people = points[None] if points.ndim == 3 else points
    if people.ndim != 4 or people.shape[3] not in (2, 3) or not people.size:
        raise InputError(f"keypoints are {points.shape}", path, "give (frames, joints, 2 or 3).")
    confidence = content.get("confidence")
    if confidence is not None:
        confidence = _numbers(confidence, path, "confidence")
        if people.shape[3] != 2 or confidence.size != people[..., 0].size:
            raise InputError("its 'confidence' is not one number per keypoint.", path)
        people = np.concatenate([people, confidence.reshape(*people.shape[:3], 1)], -1)
    elif people.shape[3] == 2:
        people = np.concatenate([people, np.ones_like(people[..., :1])], -1)
    people[..., 2] = confidence_of(people[..., 2], path)
    joints = _joint_set(path, content, people.shape[2], options)
    size, fps = _size(path, content), _fps(path, content)
    if "track" in content and len(people) == 1:
        shape = joints, size, fps
        tracks = [
            track_from_points(name, people[0][rows], frames, *shape)
            for name, rows, frames in _named_rows(path, content, people.shape[1])
        ]
        return [track for track in tracks if track.seen.any()]
    frames = _frames(path, content, people.shape[1])
    names = ["person"] if points.ndim == 3 else [f"person{i}" for i in range(len(people))]
    tracks = [
        track_from_points(name, person, frames, joints, size, fps)
        for name, person in zip(names, people, strict=True)
    ]
    return [track for track in tracks if track.seen.any()]


def _video_pose_3d(path: Path, options: ReadOptions) -> list[KeypointTrack]:
    keypoints = read_keypoints(path, options.skeleton)
    tracks = []
    for subject, action in keypoints.views:
        arrays = keypoints.arrays(subject, action)
        for number, view in enumerate(arrays):
            if view is not None:
                name = f"{subject}/{action}" + (f"/cam{number}" if len(arrays) > 1 else "")
                frames = np.arange(len(view))
                size = keypoints.sizes.get(subject)
                tracks.append(track_from_points(name, view, frames, keypoints.joints.name, size))
    return tracks


def _array(path: Path, content: dict[str, Any]) -> Array:
    name = next((entry for entry in _ENTRIES if entry in content), None)
    if name is None and len(content) == 1 and "pose" not in content:
        name = next(iter(content))
    if name is None:
        holds = ", ".join(content) or "nothing"
        hint = ", poses that are lifted already" if "pose" in content else ""
        raise InputError(f"holds {holds}{hint}", path, "keypoints are called 'keypoints'.")
    array = _numbers(content[name], path, name)
    if array.ndim == 2 and array.shape[1] in (2, 3):
        return array[None]
    # Of flat frames x, y of one joint follow those of the other.
    flat = array.ndim == 2 and array.size and array.shape[1] % 2 == 0
    return array.reshape(len(array), -1, 2) if flat else array


def _numbers(content: object, path: Path, name: str) -> Array:
    try:
        array = np.asarray(content)
        if array.dtype.kind not in "iufO":
            raise TypeError(array.dtype)
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"its '{name}' is no array of numbers", path, "save it again.") from error


def _is_mediapipe(points: Array) -> bool:
    """Tell landmarks with depth from keypoints with confidence by their shape and range."""
    if points.shape[2] == 4:
        return True
    finite = points[np.isfinite(points).all(-1)]
    if points.shape[2] != 3 or not len(finite):
        return False
    return bool(np.abs(finite[:, :2]).max() < SMALLEST_IMAGE)


def _joint_set(path: Path, content: dict[str, Any], count: int, options: ReadOptions) -> str:
    stored = str(content["skeleton"]) if "skeleton" in content else None
    if stored is not None and options.skeleton not in (None, stored):
        raise InputError(f"holds {stored}, not {options.skeleton}", path, "drop --skeleton.")
    name = options.skeleton or stored
    if name is None:
        fits = [s.name for s in SKELETONS.values() if len(s) == count]
        if len(fits) != 1:
            candidates = f"may be {', '.join(fits)}" if fits else "are those of no joint set"
            raise InputError(f"{count} keypoints {candidates}", path, "name it with --skeleton.")
        name = fits[0]
    if (own := len(skeleton(name))) != count:
        what = f"has {count} keypoints, but '{name}' has {own}"
        raise InputError(what, path, "name another --skeleton.")
    return name


def _size(path: Path, content: dict[str, Any]) -> Size | None:
    if "size" not in content:
        return None
    size = _numbers(content["size"], path, "size").ravel()
    if len(size) != 2 or not (np.isfinite(size) & (size > 0)).all():
        raise InputError("its 'size' is not the width and height of the images in pixels.", path)
    return float(size[0]), float(size[1])


def _fps(path: Path, content: dict[str, Any]) -> float | None:
    if "fps" not in content:
        return None
    fps = _numbers(content["fps"], path, "fps").ravel()
    if len(fps) != 1 or not 0 < fps[0] < np.inf:
        raise InputError("its 'fps' is no number of frames per second.", path)
    return float(fps[0])


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
        if (np.diff(frames[rows]) <= 0).any():
            raise InputError("its 'frame' does not rise", f"{path}: {name}")
        if rows.any():
            yield name, rows, frames[rows].astype(np.int64)


def _frames(path: Path, content: dict[str, Any], count: int) -> Any:
    if "frame" not in content:
        return np.arange(count)
    frames = np.asarray(content["frame"])
    if frames.shape != (count,) or frames.dtype.kind not in "iu" or (np.diff(frames) <= 0).any():
        raise InputError("its 'frame' is not one rising number per frame.", path)
    return frames.astype(np.int64)
