"""One frame of a keypoint file, or one pose that is written down, with the frames around it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from datamodules.store.clips import ClipStore
from lifting.errors import InputError
from lifting.inference.keypoint_files.reading import is_store, read_tracks, sized
from lifting.inference.keypoint_files.store import clip_named, track_of
from lifting.inference.keypoint_files.track import Array, Track, Wanted, checked_track
from lifting.skeletons import skeleton


@dataclass(frozen=True)
class Example:
    """One frame.

    Attributes:
        track: The person, over all frames of the recording.
        row: Which of them it is.
        truth: The true pose in the camera frame, millimetres ``(J, 3)``, where it is known.
        truth_skeleton: Its joint set.
    """

    track: Track
    row: int = 0
    truth: Array | None = None
    truth_skeleton: str | None = None

    @property
    def frame(self) -> int:
        """Number of the frame."""
        return int(self.track.frames[self.row])


def read_example(
    path: Path,
    wanted: Wanted,
    kind: str | None = None,
    name: str | None = None,
    frame: int | None = None,
) -> Example:
    """Read one frame of a person from a keypoint file, or of a clip from a store.

    Args:
        path: The file or folder.
        wanted: What is said of it besides.
        kind: Its format; by the content where not given.
        name: The person, or the clip as subject/sequence/camera; the first where not given.
        frame: Number of the frame; the first that shows the person where not given.

    Raises:
        InputError: If it cannot be read, or the person or the frame is not there.
    """
    if is_store(path, kind):
        return _of_store(path, wanted, name, frame)
    tracks = read_tracks(path, wanted, kind)
    chosen = [track for track in tracks if name is None or track.name == name]
    if not chosen:
        some = ", ".join(track.name for track in tracks[:10])
        raise InputError(f"holds no '{name}', but {some}.", path)
    if frame is not None and name is None:
        # Of several people whoever is there.
        chosen = [track for track in chosen if frame in track.frames] or chosen
    one = chosen[0]
    row = _row(path, one, frame)
    return _alone(one, row) if wanted.stills else _whole(path, one, row)


def _alone(track: Track, row: int) -> Example:
    rows = slice(row, row + 1)
    parts = {name: getattr(track, name)[rows] for name in ("frames", "keypoints", "confidence")}
    return Example(replace(track, **parts))


def _whole(path: Path, track: Track, row: int) -> Example:
    whole = track.whole(str(path))
    return Example(whole, int(track.frames[row] - whole.frames[0]))


def _row(path: Path, track: Track, frame: int | None) -> int:
    if frame is None:
        return int((track.confidence > 0).any(1).argmax())
    rows = np.flatnonzero(track.frames == frame)
    if not len(rows):
        raise InputError(
            f"'{track.name}' is not on frame {frame}",
            path,
            f"it is on frames {track.frames[0]} to {track.frames[-1]}.",
        )
    return int(rows[0])


def _of_store(path: Path, wanted: Wanted, name: str | None, frame: int | None) -> Example:
    with ClipStore(path) as store:
        key, source = clip_named(store, wanted, name)
        track = sized(track_of(store, key, source), wanted, path)
        pose = store.pose(key)
        row = _row(path, track, frame)
        truth = None if pose is None else pose[row].astype(np.float64)
        # Frames that the store leaves out are missing to the lifter too.
        example = _alone(track, row) if wanted.stills else _whole(path, track, row)
        return replace(example, truth=truth, truth_skeleton=store.info.skeleton)


def parse_example(text: str, wanted: Wanted, where: str = "--pose") -> Example:
    """Read one pose from JSON.

    Args:
        text: A list of ``[x, y]`` or ``[x, y, confidence]``, one per joint of the joint set and null for
            one that is not seen; or an object with the same by name of the joint, where joints may be
            left out.
        wanted: Joint set, of COCO where not given, and size of the image.
        where: What to call it in messages.

    Raises:
        InputError: If it is none of these.
    """
    joints = skeleton(wanted.skeleton or "coco17")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{where} is no JSON: give [[x, y], ...] or {{joint: [x, y], ...}}."
        ) from error
    if isinstance(content, dict):
        if unknown := [name for name in content if name not in joints.joints]:
            raise InputError(
                f"{where} names '{unknown[0]}', which '{joints.name}' has not",
                remedy=f"its joints are {', '.join(joints.joints)}.",
            )
        content = [content.get(name) for name in joints.joints]
    if not isinstance(content, list) or len(content) != len(joints):
        count = f"{len(content)} points" if isinstance(content, list) else "no list of points"
        raise InputError(
            f"{where} has {count}, '{joints.name}' has {len(joints)} joints: name the joint set with "
            "--skeleton."
        )
    points = np.stack([_point(one, number, where) for number, one in enumerate(content)])
    return Example(
        checked_track("pose", points[None], np.zeros(1, np.int64), joints.name, wanted.size)
    )


def _point(one: Any, number: int, where: str) -> Array:
    if one is None:
        return np.full(3, np.nan)
    plain = isinstance(one, list) and all(type(x) in (int, float) and abs(x) < 1e9 for x in one)
    if not plain or len(one) not in (2, 3):
        raise InputError(f"point {number} is not [x, y], [x, y, confidence] or null.", where)
    point = np.array([*one, 1.0][:3], np.float64)
    if not 0 <= point[2] <= 1:
        raise InputError(f"point {number} has a confidence that is not from 0 to 1.", where)
    return point
